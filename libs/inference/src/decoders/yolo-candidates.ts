import type { Detection, ModelManifest, Placement } from '@pugmark/domain';
import { categoryOf, toDetection, type Candidate } from './boxes';
import { nonMaxSuppression, type SuppressionOptions } from './non-max-suppression';

/** How to read row `n` of what a YOLO head says of one picture. */
export interface YoloRows {
  readonly rows: number;
  /** Centre x, centre y, width, height (0 to 3), then whatever the head adds. */
  at(row: number, column: number): number;
  /** Objectness, by which the scores are multiplied; 1 for heads without. */
  objectness(row: number): number;
  /** Column of the first label's score. */
  readonly firstScore: number;
}

/** Widths and heights up to this, over all rows, are fractions of the model's input: in pixels no head answers with such boxes alone. */
const LARGEST_FRACTION = 2;

/**
 * The rows of one picture as detections: the best label of each row, those at or above the `storeThreshold`, suppressed within each label.
 * Exports of the same head answer in pixels of the input or in fractions of it; which it is, the largest box of the answer tells.
 */
export function yoloDetections(rows: YoloRows, placement: Placement, manifest: ModelManifest, options: SuppressionOptions): Detection[] {
  const inFractions = largestSide(rows) <= LARGEST_FRACTION;
  const scaleX = inFractions ? manifest.input.width : 1;
  const scaleY = inFractions ? manifest.input.height : 1;
  const candidates: Candidate[] = [];
  for (let row = 0; row < rows.rows; row += 1) {
    const { label, score } = bestLabel(rows, row, manifest.labels.length);
    if (score < manifest.storeThreshold || categoryOf(label, manifest) === null) continue;
    const [x, y, width, height] = [rows.at(row, 0) * scaleX, rows.at(row, 1) * scaleY, rows.at(row, 2) * scaleX, rows.at(row, 3) * scaleY];
    candidates.push({ box: { left: x - width / 2, top: y - height / 2, right: x + width / 2, bottom: y + height / 2 }, score, label });
  }
  return nonMaxSuppression(candidates, options).flatMap((candidate) => toDetection(candidate, placement, manifest) ?? []);
}

function bestLabel(rows: YoloRows, row: number, labels: number): { label: number; score: number } {
  let label = 0;
  for (let other = 1; other < labels; other += 1) if (rows.at(row, rows.firstScore + other) > rows.at(row, rows.firstScore + label)) label = other;
  return { label, score: rows.at(row, rows.firstScore + label) * rows.objectness(row) };
}

function largestSide(rows: YoloRows): number {
  let largest = 0;
  for (let row = 0; row < rows.rows; row += 1) largest = Math.max(largest, rows.at(row, 2), rows.at(row, 3));
  return largest;
}
