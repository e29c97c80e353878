import type { Classification, Detection, ModelManifest, Placement } from '@pugmark/domain';

/** One output of a graph, in row-major order; the first dimension is the batch. */
export interface OutputTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/**
 * Decodes a graph's outputs for a batch. Throws RangeError with the name and both shapes when an output does not have
 * the expected shape: the model does not match its manifest.
 */
export interface DetectionDecoder {
  /** Names of the outputs that it reads, unless the manifest names others in this order. */
  readonly outputs: readonly string[];
  /**
   * Returns the detections of each image, by decreasing confidence, from the manifest's `storeThreshold` on; boxes in
   * fractions of the upright image and clipped to it. `outputs` are in the order of the names; `placements` has one
   * entry per image of the batch.
   */
  decode(outputs: readonly OutputTensor[], placements: readonly Placement[], manifest: ModelManifest): Detection[][];
}

export interface ClassificationDecoder {
  readonly outputs: readonly string[];
  /**
   * Returns for each crop the labels from the manifest's `storeThreshold` on, by decreasing score; at least the best
   * one, at most five.
   */
  decode(outputs: readonly OutputTensor[], batch: number, manifest: ModelManifest): Classification[][];
}
