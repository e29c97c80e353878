import type { OutputTensor } from '../decoders/decoder';

/** A model's graph within an engine. */
export interface Graph {
  /**
   * `pixels`: [batch, height, width, 3], row-major, normalised as the manifest says. The outputs that the graph was opened for, in
   * that order. Whatever happens, no tensor is left behind.
   */
  run(pixels: Float32Array, batch: number): Promise<OutputTensor[]>;

  /** Frees its memory. Harmless when called twice. */
  dispose(): void;
}
