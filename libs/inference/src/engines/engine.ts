import type { ModelManifest } from '@pugmark/domain';
import type { LoadedModel } from '../models/loaded-model';

export const ENGINE_NAMES = ['tensorflow', 'wasm', 'null'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

export interface EngineInfo {
  readonly name: EngineName;
  /** Description of the device. */
  readonly device: string;
  /** Why this engine is used: shown in the log, in `/api/v1/system` and by `doctor`. */
  readonly reason: string;
  /** Version of the inference library. */
  readonly version: string;
}

/** Runs models, possibly several, one call at a time. */
export interface Engine {
  readonly info: EngineInfo;

  /**
   * Reads and verifies the model's files in `folder`, and warms it up, so that the first image is as fast as the
   * others. Throws FatalError `model_missing`, `model_corrupt`, `model_unsuitable`.
   */
  load(manifest: ModelManifest, folder: string): Promise<LoadedModel>;

  /** Number of live tensors, including those of the models: constant unless there is a leak. */
  tensors(): number;
}
