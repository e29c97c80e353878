import { IsIn, IsInt, IsString, Max, Min } from 'class-validator';
import { IntegerSetting, ServiceConfig } from '@pugmark/platform';

export class MlWorkerConfig extends ServiceConfig {
  /** Folder of the content-addressed storage. Required. */
  @IsString()
  readonly STORAGE_DIR!: string;

  /**
   * The engine that runs the model. `auto` takes the best one there is and says which and why; a name makes its absence an
   * error. `null` answers every picture at once with nothing: for load tests of everything else.
   */
  @IsIn(['auto', 'wasm', 'null'])
  readonly ML_ENGINE: 'auto' | 'wasm' | 'null' = 'auto';

  /** Engine child processes; 0 takes one for each core. */
  @IntegerSetting()
  @IsInt()
  @Min(0)
  @Max(256)
  readonly ML_PROCESSES: number = 0;

  /** Pictures claimed, answered and committed together. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  @Max(512)
  readonly ML_BATCH: number = 8;

  /** Longest that a picture waits for its batch to fill, in milliseconds. */
  @IntegerSetting()
  @IsInt()
  @Min(0)
  @Max(10_000)
  readonly ML_BATCH_DELAY_MS: number = 25;

  /** Longest that one picture may take before its engine process counts as hung and is killed, in milliseconds. */
  @IntegerSetting()
  @IsInt()
  @Min(1_000)
  readonly ML_IMAGE_DEADLINE_MS: number = 60_000;

  /** Largest picture that is decoded, in pixels: a guard against decompression bombs. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly PIXEL_LIMIT: number = 200_000_000;
}
