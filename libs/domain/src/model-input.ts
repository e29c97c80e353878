/** Where the upright picture lies within a model's input, in the input's pixels. Everything outside of it is padding. */
export interface Placement {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** One picture made ready for a model. */
export interface ModelInput {
  /** Rows from the top, pixels from the left, red, green, blue: `width × height × 3` bytes. */
  readonly rgb: Uint8Array;
  /** Pixels of the model's input. */
  readonly width: number;
  readonly height: number;
  readonly placement: Placement;
}
