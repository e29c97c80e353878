import type { Classification, Detection, ModelManifest, Placement } from '@pugmark/domain';

/** One output of a graph: values in row-major order; the first dimension is the batch. */
export interface OutputTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/**
 * Reads what a graph answered for a batch. Throws RangeError when an output has not the shape that the decoder reads, naming the
 * output and both shapes: the model does not fit its manifest.
 */
export interface DetectionDecoder {
  /** The graph's outputs that it reads, unless the manifest names others in this order. */
  readonly outputs: readonly string[];
  /**
   * Detections of each picture, surest first, from the manifest's `storeThreshold` on; boxes in fractions of the upright picture and
   * clipped to it. `outputs` are in the order of the names; `placements` has one entry for each picture of the batch.
   */
  decode(outputs: readonly OutputTensor[], placements: readonly Placement[], manifest: ModelManifest): Detection[][];
}

export interface ClassificationDecoder {
  readonly outputs: readonly string[];
  /** For each crop of the batch the labels from the manifest's `storeThreshold` on, surest first, at least the surest one, five at most. */
  decode(outputs: readonly OutputTensor[], batch: number, manifest: ModelManifest): Classification[][];
}
