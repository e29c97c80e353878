import type { OutputTensor } from '../decoders/decoder';

/** A model's graph within an engine. */
export interface Graph {
  /**
   * Runs the graph. `pixels`: [batch, height, width, 3], row-major, normalised as the manifest specifies. Returns the
   * outputs that the graph was opened for, in that order. Leaks no tensor, even on errors.
   */
  run(pixels: Float32Array, batch: number): Promise<OutputTensor[]>;

  /** Frees its memory. May be called twice. */
  dispose(): void;
}
