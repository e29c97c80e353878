import type { Candidate, InputBox } from './boxes';

export interface SuppressionOptions {
  /** Overlap of two boxes of one label above which the one with the lower score is dropped. */
  readonly iouThreshold: number;
  /** Maximum boxes kept, over all labels. */
  readonly maxBoxes: number;
}

/** Maximum candidates considered, by score: a bound for a model with high scores everywhere. Ultralytics' `max_nms`. */
const MAX_CANDIDATES = 30_000;

/**
 * Greedy non-maximum suppression within each label: keeps the box with the highest score, drops all boxes of its label
 * that overlap it by more than the threshold, and so on. Returns the kept boxes by decreasing score; of equal scores
 * the first comes first, as with `tf.image.nonMaxSuppression`.
 */
export function nonMaxSuppression(
  candidates: readonly Candidate[],
  { iouThreshold, maxBoxes }: SuppressionOptions,
): Candidate[] {
  const sorted = [...candidates].sort((a, b) => b.score - a.score).slice(0, MAX_CANDIDATES);
  const kept: Candidate[] = [];
  const keptByLabel = new Map<number, InputBox[]>();
  for (const candidate of sorted) {
    if (kept.length === maxBoxes) break;
    const same = keptByLabel.get(candidate.label) ?? [];
    if (same.some((box) => overlap(box, candidate.box) > iouThreshold)) continue;
    kept.push(candidate);
    keptByLabel.set(candidate.label, [...same, candidate.box]);
  }
  return kept;
}

/** Intersection over union; 0 if either has no area. */
function overlap(a: InputBox, b: InputBox): number {
  const areaA = (a.right - a.left) * (a.bottom - a.top);
  const areaB = (b.right - b.left) * (b.bottom - b.top);
  if (!(areaA > 0) || !(areaB > 0)) return 0;
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  const intersection = width * height;
  return intersection / (areaA + areaB - intersection);
}
