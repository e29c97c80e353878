/** Categories of detections (MegaDetector's `1`, `2`, `3`). */
export const CATEGORIES = ['animal', 'person', 'vehicle'] as const;
export type Category = (typeof CATEGORIES)[number];

/**
 * A rectangle in the upright image (EXIF orientation applied), in fractions of its width and height: `x`, `y` is the
 * top left corner, all four in [0, 1], `x + width ≤ 1`, `y + height ≤ 1`. The convention of MegaDetector.
 */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Detection {
  readonly category: Category;
  /** The model's own label, such as `bear`. Statistics use the category. */
  readonly label: string;
  /** In [0, 1]. */
  readonly confidence: number;
  readonly box: Box;
}

/** One label of a classifier for a crop. */
export interface Classification {
  readonly label: string;
  /** Softmax score, in [0, 1]. */
  readonly score: number;
}

/** Intersection over union of two boxes, in [0, 1]; 0 when either is empty. */
export function intersectionOverUnion(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const intersection = width * height;
  return intersection / (a.width * a.height + b.width * b.height - intersection);
}
