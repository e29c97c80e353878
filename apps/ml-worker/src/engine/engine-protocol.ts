import type { Detection, ModelManifest } from '@pugmark/domain';
import type { EngineChoice, EngineInfo } from '@pugmark/inference';

/**
 * What crosses between the supervisor and an engine process, over Node's IPC channel as JSON: references and results, never
 * pixels. Pictures bear the supervisor's own numbers here, so that one picture may be in two batches.
 */
export type ToEngine =
  | {
      readonly type: 'start';
      readonly engine: EngineChoice;
      readonly manifest: ModelManifest;
      /** Folder of the model's files. */
      readonly folder: string;
      readonly pixelLimit: number;
    }
  | { readonly type: 'batch'; readonly batch: number; readonly images: readonly PoolImage[] };

export type FromEngine =
  /** The model is loaded and has run once. */
  | { readonly type: 'ready'; readonly engine: EngineInfo; readonly model: LoadedModel }
  /** The engine or the model cannot be had; the process ends by itself. */
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
  /** Work on this picture begins: should the process die now, it is one of the suspects. */
  | { readonly type: 'started'; readonly batch: number; readonly id: number }
  | { readonly type: 'answer'; readonly batch: number; readonly outcome: ImageOutcome };

export interface LoadedModel {
  readonly name: string;
  readonly version: string;
}

export interface PoolImage {
  readonly id: number;
  /** Absolute path of the picture's file. */
  readonly path: string;
}

export type ImageOutcome = ImageDone | ImageFailed;

export interface ImageDone {
  readonly id: number;
  readonly ok: true;
  /** Pixels of the upright picture. */
  readonly width: number;
  readonly height: number;
  readonly detections: readonly Detection[];
  readonly warning: 'truncated' | null;
  /** Wall times, in milliseconds. Decoding overlaps the inference of other pictures, and waits for it: the two do not add up. */
  readonly decodeMs: number;
  readonly inferMs: number;
}

export interface ImageFailed {
  readonly id: number;
  readonly ok: false;
  /** Stable, for programs. */
  readonly code: string;
  /** For the person who must act. */
  readonly message: string;
  /** Whether another attempt may go well. */
  readonly retryable: boolean;
}
