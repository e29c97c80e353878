import type { Detection, ModelInput, ModelManifest } from '@pugmark/domain';

export interface EngineInfo {
  readonly name: 'wasm' | 'null';
  /** What computes, in words. */
  readonly device: string;
  /** Why this engine and no other, in words: said in the log, in `/v1/system` and by `doctor`. */
  readonly reason: string;
  /** Version of the library that computes. */
  readonly version: string;
}

/** Runs one model. Not for use by two callers at once. */
export interface Engine {
  readonly info: EngineInfo;

  /**
   * Reads and verifies the model's files in `folder`, and runs it once, so that the first picture is as fast as the others.
   * Throws FatalError `model_missing`, `model_corrupt`, `model_unsuitable`.
   */
  load(manifest: ModelManifest, folder: string): Promise<void>;

  /**
   * Detections of each picture, in the pictures' order, surest first; from the manifest's `storeThreshold` on. Takes any
   * number of pictures, and gives the graph at most the manifest's `batch` at once. Throws RetryableError `nan_output` when the
   * model answers with something that is no number.
   */
  detect(batch: readonly ModelInput[]): Promise<Detection[][]>;

  /** Frees the model's memory. Harmless when called twice or before `load`. */
  dispose(): Promise<void>;
}
