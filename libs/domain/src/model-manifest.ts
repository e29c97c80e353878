import type { Category } from './detection';

/** How a model's output is decoded; see `libs/inference/src/decoders`. */
export const DECODERS = ['centernet', 'tf-object-detection', 'yolov5', 'yolov8', 'softmax'] as const;
export type Decoder = (typeof DECODERS)[number];

/**
 * Value range of the RGB input tensor. `imagenet`: 0..1, minus the mean and divided by the deviation of ImageNet's
 * channels.
 */
export const NORMALISATIONS = ['0..255', '0..1', '-1..1', 'imagenet'] as const;
export type Normalisation = (typeof NORMALISATIONS)[number];

/** Describes a model, its input and its output. Rows of `models` are made from this. */
export interface ModelManifest {
  readonly name: string;
  /** Must change with weights, preprocessing or decoding: results are unique by image, model version and stage. */
  readonly version: string;
  readonly licence: string;
  /** `tfjs-graph`: a TensorFlow.js graph model (.json and weight files). `saved-model`: a TensorFlow SavedModel. */
  readonly format: 'tfjs-graph' | 'saved-model';
  readonly files: readonly ModelFile[];
  /** Pixels. */
  readonly input: { readonly width: number; readonly height: number };
  /** `letterbox` keeps the aspect ratio and pads; `stretch` does not. */
  readonly resize: 'letterbox' | 'stretch';
  readonly normalisation: Normalisation;
  readonly decoder: Decoder;
  /** Names of the graph's outputs, in the order in which the decoder reads them; the decoder's defaults if absent. */
  readonly outputs?: readonly string[];
  /** Maps an index in the output's class column to a label. */
  readonly labels: readonly string[];
  /**
   * Of a detector: category of each label that is kept; detections with other labels are dropped. Empty for a
   * classifier.
   */
  readonly categories: Readonly<Record<string, Category>>;
  /** Minimum confidence of detections that are stored. */
  readonly storeThreshold: number;
  /** Default minimum confidence of effective detections; requests may give another. */
  readonly threshold: number;
  /** Maximum images in one execution of the graph. */
  readonly batch: number;
  /**
   * The TensorFlow.js graph was made for a batch of one, and computes the same for larger batches once its inputs are
   * opened (verified at import).
   */
  readonly openBatch?: boolean;
}

export interface ModelFile {
  /** Relative to the model's folder. */
  readonly path: string;
  readonly sha256: string;
}

/** Stages of processing: a classifier gets crops of what a detector found. */
export const STAGES = ['detect', 'classify'] as const;

export type Stage = (typeof STAGES)[number];

export function stageOf(manifest: Pick<ModelManifest, 'decoder'>): Stage {
  return manifest.decoder === 'softmax' ? 'classify' : 'detect';
}
