import type { Box, Classification, Detection, ModelManifest, UnfinishedOutcome } from '@pugmark/domain';
import type { EngineInfo, EngineOptions } from '@pugmark/inference';

/**
 * Messages between the supervisor and an engine process, as JSON over Node's IPC channel: references and results, never
 * pixels. Image ids are the supervisor's own numbers here, so that one image may be in two batches.
 */
export type ToEngine =
  | {
      readonly type: 'start';
      readonly engine: EngineOptions;
      readonly pixelLimit: number;
      /** Loaded before the process is ready. */
      readonly models: readonly ModelRef[];
      /** Maximum models kept loaded; the most recently used one is never evicted. */
      readonly maxModels: number;
    }
  /** Sends the model and loads it: a batch for it may follow at once. */
  | { readonly type: 'load'; readonly model: ModelRef }
  | { readonly type: 'batch'; readonly batch: number; readonly model: string; readonly images: readonly PoolImage[] };

export type FromEngine =
  /** The models are loaded and warmed up. */
  | { readonly type: 'ready'; readonly engine: EngineInfo }
  /** The engine or a model to start with is not available; the process exits by itself. */
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
  /** Loading a model begins: at the start, on request, or because it was evicted since its last batch. */
  | { readonly type: 'loading'; readonly model: string }
  /** Whether the model is loaded and warmed up. */
  | {
      readonly type: 'loaded';
      readonly model: string;
      readonly problem: { readonly code: string; readonly message: string } | null;
    }
  /** Work on this image starts: if the process crashes now, the image is a candidate for crash attribution. */
  | { readonly type: 'started'; readonly batch: number; readonly id: number }
  | { readonly type: 'answer'; readonly batch: number; readonly outcome: ImageOutcome; readonly health: EngineHealth };

/** State of an engine process, sent with each answer. */
export interface EngineHealth {
  /** Resident memory of the process. */
  readonly rssBytes: number;
  /** Live tensors, including those of the models. */
  readonly tensors: number;
}

/** A model and the location of its files. */
export interface ModelRef {
  /** Name and version, unique among models. */
  readonly key: string;
  readonly manifest: ModelManifest;
  /** Folder of the manifest's files. */
  readonly folder: string;
  /** Maximum time that a process may take to load it, in milliseconds. */
  readonly loadDeadlineMs: number;
}

export interface PoolImage {
  readonly id: number;
  /** Absolute path of the image file. */
  readonly path: string;
  /** For a classifier: crops to classify, in fractions of the image. */
  readonly crops?: readonly Box[];
}

export type ImageOutcome = ImageDone | ImageFailed;

export interface ImageDone {
  readonly id: number;
  readonly ok: true;
  /** Pixels of the upright image. */
  readonly width: number;
  readonly height: number;
  /** Of a detector; empty otherwise. */
  readonly detections: readonly Detection[];
  /** Of a classifier: labels of each crop, by decreasing score; empty otherwise. */
  readonly classifications: readonly (readonly Classification[])[];
  readonly warning: 'truncated' | null;
  /** Wall times, in milliseconds. Decoding overlaps the inference of other images, so the two do not add up. */
  readonly decodeMs: number;
  readonly inferMs: number;
}

export interface ImageFailed {
  readonly id: number;
  readonly ok: false;
  /** Stable code for programs. */
  readonly code: string;
  /** Message for the person who must act. */
  readonly message: string;
  /** What becomes of the task of the image. */
  readonly outcome: UnfinishedOutcome;
}
