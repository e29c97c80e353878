import type { Category } from './detection';

/** What a model is and how to feed and read it. The row in `models` is made from this. */
export interface ModelManifest {
  readonly name: string;
  /** Changes whenever weights, pre-processing or decoding change: results are unique by image, model version and stage. */
  readonly version: string;
  readonly licence: string;
  readonly files: readonly ModelFile[];
  /** Pixels. */
  readonly input: { readonly width: number; readonly height: number };
  /** `letterbox` keeps the aspect ratio and pads; `stretch` does not. */
  readonly resize: 'letterbox' | 'stretch';
  /** Value range of the RGB input tensor. */
  readonly normalisation: '0..255';
  readonly decoder: 'centernet';
  /** Index in the output's class column → label. */
  readonly labels: readonly string[];
  /** Labels that are kept, and as what; a label that is not here is dropped. */
  readonly categories: Readonly<Record<string, Category>>;
  /** Below this a detection is not even stored. */
  readonly storeThreshold: number;
  /** From this on a detection counts, unless a request says otherwise. */
  readonly threshold: number;
  /** Most images in one execution of the graph. */
  readonly batch: number;
}

export interface ModelFile {
  /** Relative to the model's folder. */
  readonly path: string;
  readonly sha256: string;
}
