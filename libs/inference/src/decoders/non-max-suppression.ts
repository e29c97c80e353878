import type { Candidate, InputBox } from './boxes';

export interface SuppressionOptions {
  /** Above this overlap, the less sure of two boxes of one label goes. */
  readonly iouThreshold: number;
  /** Most boxes that are kept, over all labels. */
  readonly maxBoxes: number;
}

/** So many of the surest candidates are looked at: a bound for a model that is sure of everything. Ultralytics' `max_nms`. */
const MAX_CANDIDATES = 30_000;

/**
 * Greedy non-maximum suppression within each label: the surest box stays, and all of its label that overlap it by more than the
 * threshold go, and so on. Answers what stays, surest first; of equal scores the one that came first counts as surer, as with
 * `tf.image.nonMaxSuppression`.
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

/** Intersection over union; 0 when either has no area. */
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
