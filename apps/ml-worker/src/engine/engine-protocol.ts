import type { Box, Classification, Detection, ModelManifest } from '@pugmark/domain';
import type { EngineInfo, EngineOptions } from '@pugmark/inference';

/**
 * What crosses between the supervisor and an engine process, over Node's IPC channel as JSON: references and results, never
 * pixels. Pictures bear the supervisor's own numbers here, so that one picture may be in two batches.
 */
export type ToEngine =
  | {
      readonly type: 'start';
      readonly engine: EngineOptions;
      readonly pixelLimit: number;
      /** Loaded before the process is ready. */
      readonly models: readonly ModelRef[];
      /** Most models that are kept loaded; the one that was used last is never let go. */
      readonly mostModels: number;
    }
  /** Makes the model known, and loads it: a batch of it may follow at once. */
  | { readonly type: 'load'; readonly model: ModelRef }
  | { readonly type: 'batch'; readonly batch: number; readonly model: string; readonly images: readonly PoolImage[] };

export type FromEngine =
  /** The models are loaded and have run once. */
  | { readonly type: 'ready'; readonly engine: EngineInfo }
  /** The engine or a model that it should start with cannot be had; the process ends by itself. */
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
  /** Whether a model that was named later is loaded and has run once. */
  | {
      readonly type: 'loaded';
      readonly model: string;
      readonly problem: { readonly code: string; readonly message: string } | null;
    }
  /** Work on this picture begins: should the process die now, it is one of the suspects. */
  | { readonly type: 'started'; readonly batch: number; readonly id: number }
  | { readonly type: 'answer'; readonly batch: number; readonly outcome: ImageOutcome; readonly health: EngineHealth };

/** What an engine process says of itself with each answer. */
export interface EngineHealth {
  /** Memory of the process. */
  readonly rssBytes: number;
  /** Tensors that are alive in it, those of the models included. */
  readonly tensors: number;
}

/** A model and where it lies. */
export interface ModelRef {
  /** Name and version: no two models have both the same. */
  readonly key: string;
  readonly manifest: ModelManifest;
  /** Folder of the manifest's files. */
  readonly folder: string;
}

export interface PoolImage {
  readonly id: number;
  /** Absolute path of the picture's file. */
  readonly path: string;
  /** For a classifier: what of the picture to look at, in fractions of it. */
  readonly crops?: readonly Box[];
}

export type ImageOutcome = ImageDone | ImageFailed;

export interface ImageDone {
  readonly id: number;
  readonly ok: true;
  /** Pixels of the upright picture. */
  readonly width: number;
  readonly height: number;
  /** Of a detector; empty otherwise. */
  readonly detections: readonly Detection[];
  /** Of a classifier: for each crop its labels, the surest first; empty otherwise. */
  readonly classifications: readonly (readonly Classification[])[];
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
