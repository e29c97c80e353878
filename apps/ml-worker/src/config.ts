import { IsIn, IsInt, IsString, Max, Min } from 'class-validator';
import { DEVICE_CHOICES, ENGINE_CHOICES, type DeviceChoice, type EngineChoice } from '@pugmark/inference';
import { IntegerSetting, ServiceConfig } from '@pugmark/platform';

export class MlWorkerConfig extends ServiceConfig {
  /** Folder of the content-addressed storage. Required. */
  @IsString()
  readonly STORAGE_DIR!: string;

  /** Folder of the models that were added, and of the built-in one once it is converted. Required. */
  @IsString()
  readonly MODELS_DIR!: string;

  /** Folder in which `npm run tensorflow` installed the native library. Empty: there is none. */
  @IsString()
  readonly TENSORFLOW_DIR: string = '';

  /**
   * The engine that runs the models. `auto` takes the best one there is and says which and why; a name makes its absence an
   * error. `null` answers every picture at once with nothing: for load tests of everything else.
   */
  @IsIn(ENGINE_CHOICES)
  readonly ML_ENGINE: EngineChoice = 'auto';

  /** `auto` computes on an NVIDIA GPU where there is one, `cpu` never, and `gpu` makes its absence an error. */
  @IsIn(DEVICE_CHOICES)
  readonly ML_DEVICE: DeviceChoice = 'auto';

  /** Engine child processes; 0 takes one for each GPU, or without one for each core. */
  @IntegerSetting()
  @IsInt()
  @Min(0)
  @Max(256)
  readonly ML_PROCESSES: number = 0;

  /** Most models that each engine process keeps loaded. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  @Max(64)
  readonly ML_MODELS: number = 3;

  /** Memory in MiB from which on an engine process is replaced by a new one as soon as it holds nothing. */
  @IntegerSetting()
  @IsInt()
  @Min(256)
  readonly ML_MEMORY_MB: number = 4_096;

  /** Pictures claimed, answered and committed together. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  @Max(512)
  readonly ML_BATCH: number = 16;

  /** Batches under way for each engine process: with two, it decodes the next one while it looks at this one. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  @Max(8)
  readonly ML_BATCHES_PER_PROCESS: number = 2;

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
