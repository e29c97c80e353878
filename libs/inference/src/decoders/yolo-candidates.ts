import type { Detection, ModelManifest, Placement } from '@pugmark/domain';
import { categoryOf, toDetection, type Candidate } from './boxes';
import { nonMaxSuppression, type SuppressionOptions } from './non-max-suppression';

/** A YOLO head's output for one image, with accessors to its rows. */
export interface YoloOutput {
  readonly placement: Placement;
  readonly rows: number;
  /** Centre x, centre y, width, height (0 to 3), then the head's other columns. */
  at(row: number, column: number): number;
  /** Objectness, a factor of the scores; 1 for heads without. */
  objectness(row: number): number;
  /** Column of the first label's score. */
  readonly firstScore: number;
}

/**
 * If no centre exceeds this value, coordinates are fractions of the model's input. The head has rows all over its
 * input, so in pixels the largest centre is in the hundreds, and in fractions hardly above 1. Widths and heights do not
 * show it: YOLOv5's head returns up to four times its anchor (models/tf.py, TFDetect), 2.9 of an input of 1280 with the
 * largest of MegaDetector's.
 */
const FARTHEST_FRACTION = 2;

/**
 * Detections of each image of a batch: the best label of each row, from the `storeThreshold` on, suppressed within each
 * label. Exports of one head return pixels of the input or fractions of it; this is the same for all rows of a model,
 * and is determined from the whole output.
 */
export function yoloDetections(
  images: readonly YoloOutput[],
  manifest: ModelManifest,
  options: SuppressionOptions,
): Detection[][] {
  const inFractions = images.every((image) => farthestCentre(image) <= FARTHEST_FRACTION);
  const scale = inFractions ? manifest.input : { width: 1, height: 1 };
  return images.map((image) =>
    nonMaxSuppression(candidatesOf(image, manifest, scale), options).flatMap(
      (candidate) => toDetection(candidate, image.placement, manifest) ?? [],
    ),
  );
}

function candidatesOf(image: YoloOutput, manifest: ModelManifest, scale: ModelManifest['input']): Candidate[] {
  const candidates: Candidate[] = [];
  for (let row = 0; row < image.rows; row += 1) {
    const { label, score } = bestLabel(image, row, manifest.labels.length);
    if (!(score >= manifest.storeThreshold) || categoryOf(label, manifest) === null) continue;
    const [x, y] = [image.at(row, 0) * scale.width, image.at(row, 1) * scale.height];
    const [halfWidth, halfHeight] = [(image.at(row, 2) * scale.width) / 2, (image.at(row, 3) * scale.height) / 2];
    candidates.push({
      box: { left: x - halfWidth, top: y - halfHeight, right: x + halfWidth, bottom: y + halfHeight },
      score,
      label,
    });
  }
  return candidates;
}

function bestLabel(image: YoloOutput, row: number, labels: number): { label: number; score: number } {
  const scoreOf = (label: number): number => image.at(row, image.firstScore + label);
  let label = 0;
  for (let other = 1; other < labels; other += 1) if (scoreOf(other) > scoreOf(label)) label = other;
  return { label, score: scoreOf(label) * image.objectness(row) };
}

function farthestCentre(image: YoloOutput): number {
  let farthest = 0;
  for (let row = 0; row < image.rows; row += 1) farthest = Math.max(farthest, image.at(row, 0), image.at(row, 1));
  return farthest;
}
