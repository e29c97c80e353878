/** Position of the upright image within a model's input, in pixels of the input. Everything outside is padding. */
export interface Placement {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** One image prepared for a model. */
export interface ModelInput {
  /** Rows from top to bottom, pixels from left to right, as red, green, blue: `width × height × 3` bytes. */
  readonly rgb: Uint8Array;
  /** Pixels of the model's input. */
  readonly width: number;
  readonly height: number;
  readonly placement: Placement;
}
