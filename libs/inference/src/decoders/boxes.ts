import type { Box, Category, Detection, ModelManifest, Placement } from '@pugmark/domain';

/** A box within a model's input, in its pixels: left, top, right, bottom. */
export interface InputBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** What a detector says of one box. */
export interface Candidate {
  readonly box: InputBox;
  /** In [0, 1]; a little more is taken for 1. */
  readonly score: number;
  /** Of the label, from 0. */
  readonly label: number;
}

/** In pixels of the model's input: one, less what single precision may lose of it in an input of thousands of pixels. */
const MIN_EXTENT = 0.999;

/**
 * The candidate as a detection of the upright picture. Null when it is under the manifest's `storeThreshold`, its label is dropped, or
 * it has less than a pixel of the model's input within the picture, in either direction.
 */
export function toDetection(
  { box, score, label: index }: Candidate,
  placement: Placement,
  { labels, categories, storeThreshold }: Pick<ModelManifest, 'labels' | 'categories' | 'storeThreshold'>,
): Detection | null {
  const category = categoryOf(index, { labels, categories });
  if (!(score >= storeThreshold) || category === null) return null;
  const inPicture = toPicture(box, placement);
  return inPicture === null
    ? null
    : { category, label: labels[index]!, confidence: Math.min(1, score), box: inPicture };
}

/** Null for a label that is dropped, or that there is not. */
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

function toPicture({ left, top, right, bottom }: InputBox, placement: Placement): Box | null {
  // In pixels: fractions are rounded, and a box of just one pixel would come and go with its place.
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
