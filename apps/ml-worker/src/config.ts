import { IsIn, IsInt, IsString, Max, Min } from 'class-validator';
import { DEVICE_CHOICES, ENGINE_CHOICES, type DeviceChoice, type EngineChoice } from '@pugmark/inference';
import { IntegerSetting, ServiceConfig } from '@pugmark/platform';

export class MlWorkerConfig extends ServiceConfig {
  /** Folder of the content-addressed storage. Required. */
  @IsString()
  readonly STORAGE_DIR!: string;

  /** Folder of added models, and of converted ones. Required. */
  @IsString()
  readonly MODELS_DIR!: string;

  /** Folder in which `npm run tensorflow` installed the native library. Empty: not installed. */
  @IsString()
  readonly TENSORFLOW_DIR: string = '';

  /**
   * Engine that runs the models. `auto` selects the best available one and reports which and why; with a name, a
   * missing engine is an error. `null` returns an empty result for every image, for load tests of everything else.
   */
  @IsIn(ENGINE_CHOICES)
  readonly ML_ENGINE: EngineChoice = 'auto';

  /** Time that the engine `null` pretends to need to load a model, in milliseconds. */
  @IntegerSetting()
  @IsInt()
  @Min(0)
  readonly ML_NULL_LOAD_MS: number = 0;

  /** Time that the engine `null` pretends to need for an image, in milliseconds. */
  @IntegerSetting()
  @IsInt()
  @Min(0)
  readonly ML_NULL_IMAGE_MS: number = 0;

  /** `auto` computes on an NVIDIA GPU if there is one, `cpu` never does, and with `gpu` a missing GPU is an error. */
  @IsIn(DEVICE_CHOICES)
  readonly ML_DEVICE: DeviceChoice = 'auto';

  /**
   * Number of engine processes; 0 starts one per GPU, or one per core if there is none, but no more than fit into the
   * memory of the machine or container.
   */
  @IntegerSetting()
  @IsInt()
  @Min(0)
  @Max(256)
  readonly ML_PROCESSES: number = 0;

  /** Maximum models that each engine process keeps loaded. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  @Max(64)
  readonly ML_MODELS: number = 3;

  /**
   * Memory in MiB above which an engine process is replaced as soon as it is idle. Less where all of them together
   * would exceed three quarters of the memory of the machine or container.
   */
  @IntegerSetting()
  @IsInt()
  @Min(256)
  readonly ML_MEMORY_MB: number = 4_096;

  /** Images claimed, processed and committed together. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  @Max(512)
  readonly ML_BATCH: number = 16;

  /** Batches in flight per engine process: with two, it decodes the next one during inference. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  @Max(8)
  readonly ML_BATCHES_PER_PROCESS: number = 2;

  /** Maximum time that an image waits for its batch to fill, in milliseconds. */
  @IntegerSetting()
  @IsInt()
  @Min(0)
  @Max(10_000)
  readonly ML_BATCH_DELAY_MS: number = 25;

  /**
   * Maximum time to load a model before its engine process counts as hung and is killed, in milliseconds. A second is
   * added for each MiB of its files.
   */
  @IntegerSetting()
  @IsInt()
  @Min(1_000)
  readonly ML_LOAD_DEADLINE_MS: number = 300_000;

  /**
   * Maximum time without an answer before an engine process counts as hung and is killed, in milliseconds. Longer for a
   * model that needed longer before; the time to load a model does not count.
   */
  @IntegerSetting()
  @IsInt()
  @Min(1_000)
  readonly ML_IMAGE_DEADLINE_MS: number = 60_000;

  /** Maximum size of a decoded image, in pixels: a guard against decompression bombs. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly PIXEL_LIMIT: number = 200_000_000;
}
