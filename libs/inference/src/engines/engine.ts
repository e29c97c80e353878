import type { ModelManifest } from '@pugmark/domain';
import type { LoadedModel } from '../models/loaded-model';

export const ENGINE_NAMES = ['tensorflow', 'wasm', 'null'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

export interface EngineInfo {
  readonly name: EngineName;
  /** What computes, in words. */
  readonly device: string;
  /** Why this engine and no other, in words: said in the log, in `/api/v1/system` and by `doctor`. */
  readonly reason: string;
  /** Version of the library that computes. */
  readonly version: string;
}

/** Runs models, several if need be, one call at a time. */
export interface Engine {
  readonly info: EngineInfo;

  /**
   * Reads and verifies the model's files in `folder`, and runs it once, so that the first picture is as fast as the others.
   * Throws FatalError `model_missing`, `model_corrupt`, `model_unsuitable`.
   */
  load(manifest: ModelManifest, folder: string): Promise<LoadedModel>;

  /** Tensors that are alive, those of the models included: flat, unless something leaks. */
  tensors(): number;
}
