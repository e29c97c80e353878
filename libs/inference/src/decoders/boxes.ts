import type { Box, Category, Detection, ModelManifest, Placement } from '@pugmark/domain';

/** A box in pixels of a model's input: left, top, right, bottom. */
export interface InputBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A box with its best label, before suppression. */
export interface Candidate {
  readonly box: InputBox;
  /** In [0, 1]; slightly higher values are treated as 1. */
  readonly score: number;
  /** Index of the label. */
  readonly label: number;
}

/**
 * Minimum size in pixels of the model's input: one, minus the rounding error of single precision in an input of
 * thousands of pixels.
 */
const MIN_EXTENT = 0.999;

/**
 * Converts a candidate to a detection in the upright image. Null if it is below the manifest's `storeThreshold`, its
 * label is dropped, or it has less than a pixel of the model's input within the image, in either direction.
 */
export function toDetection(
  { box, score, label: index }: Candidate,
  placement: Placement,
  { labels, categories, storeThreshold }: Pick<ModelManifest, 'labels' | 'categories' | 'storeThreshold'>,
): Detection | null {
  const category = categoryOf(index, { labels, categories });
  if (!(score >= storeThreshold) || category === null) return null;
  const imageBox = toImageBox(box, placement);
  return imageBox === null ? null : { category, label: labels[index]!, confidence: Math.min(1, score), box: imageBox };
}

/** Category of a label; null if it is dropped or unknown. */
export function categoryOf(
  index: number,
  { labels, categories }: Pick<ModelManifest, 'labels' | 'categories'>,
): Category | null {
  const label = labels[index];
  return label !== undefined && Object.hasOwn(categories, label) ? categories[label]! : null;
}

export function byConfidence(detections: readonly Detection[]): Detection[] {
  return [...detections].sort((a, b) => b.confidence - a.confidence);
}

function toImageBox({ left, top, right, bottom }: InputBox, placement: Placement): Box | null {
  // In pixels: fractions are rounded, so that a box of one pixel would pass or fail depending on its position.
  const columns = Math.min(right, placement.left + placement.width) - Math.max(left, placement.left);
  const rows = Math.min(bottom, placement.top + placement.height) - Math.max(top, placement.top);
  if (!(columns >= MIN_EXTENT && rows >= MIN_EXTENT)) return null;
  const x = clip((left - placement.left) / placement.width);
  const y = clip((top - placement.top) / placement.height);
  const width = clip((right - placement.left) / placement.width) - x;
  const height = clip((bottom - placement.top) / placement.height) - y;
  return { x, y, width, height };
}

function clip(fraction: number): number {
  return Math.min(1, Math.max(0, fraction));
}
