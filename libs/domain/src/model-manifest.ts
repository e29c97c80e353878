import type { Category } from './detection';

/** How a model's output is read; see `libs/inference/src/decoders`. */
export const DECODERS = ['centernet', 'tf-object-detection', 'yolov5', 'yolov8', 'softmax'] as const;
export type Decoder = (typeof DECODERS)[number];

/** Value range of the RGB input tensor. `imagenet`: 0..1, less the mean and divided by the deviation of ImageNet's channels. */
export const NORMALISATIONS = ['0..255', '0..1', '-1..1', 'imagenet'] as const;
export type Normalisation = (typeof NORMALISATIONS)[number];

/** What a model is and how to feed and read it. The row in `models` is made from this. */
export interface ModelManifest {
  readonly name: string;
  /** Changes whenever weights, pre-processing or decoding change: results are unique by image, model version and stage. */
  readonly version: string;
  readonly licence: string;
  /** `tfjs-graph`: a TensorFlow.js graph model, a .json file and its weight files. `saved-model`: a TensorFlow SavedModel. */
  readonly format: 'tfjs-graph' | 'saved-model';
  readonly files: readonly ModelFile[];
  /** Pixels. */
  readonly input: { readonly width: number; readonly height: number };
  /** `letterbox` keeps the aspect ratio and pads; `stretch` does not. */
  readonly resize: 'letterbox' | 'stretch';
  readonly normalisation: Normalisation;
  readonly decoder: Decoder;
  /** Names of the graph's outputs, in the order in which the decoder reads them; the decoder's own where absent. */
  readonly outputs?: readonly string[];
  /** Index in the output's class column → label. */
  readonly labels: readonly string[];
  /** Of a detector: labels that are kept, and as what; a label that is not here is dropped. Empty for a classifier. */
  readonly categories: Readonly<Record<string, Category>>;
  /** Below this a detection is not even stored. */
  readonly storeThreshold: number;
  /** From this on a detection counts, unless a request says otherwise. */
  readonly threshold: number;
  /** Most images in one execution of the graph. */
  readonly batch: number;
  /** A TensorFlow.js graph that was made for one image, and was tried to compute the same for several once its inputs are opened. */
  readonly openBatch?: boolean;
}

export interface ModelFile {
  /** Relative to the model's folder. */
  readonly path: string;
  readonly sha256: string;
}

/** Which of the two stages the model serves: a classifier looks at crops of what a detector found. */
export const STAGES = ['detect', 'classify'] as const;

export type Stage = (typeof STAGES)[number];

export function stageOf(manifest: Pick<ModelManifest, 'decoder'>): Stage {
  return manifest.decoder === 'softmax' ? 'classify' : 'detect';
}
