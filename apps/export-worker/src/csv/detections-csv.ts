import type { DetectionRow } from '@pugmark/db';
import { csvLine, escapeFormula } from './csv-line';
import { IMAGE_COLUMNS, formatFraction, type Column } from './image-columns';

const COLUMNS: readonly Column<DetectionRow>[] = [
  ['detection_id', (row) => row.detectionId],
  ...IMAGE_COLUMNS,
  // The camera's clock and, when the zone is known, the instant; empty when the picture has no time: none is invented.
  ['captured_local', (row) => row.capturedLocal],
  ['timezone', (row) => row.timezone],
  ['captured_at', (row) => row.capturedAt?.toISOString() ?? null],
  ['category', (row) => row.category],
  ['label', (row) => escapeFormula(row.label)],
  ['confidence', (row) => formatFraction(row.confidence)],
  // The box in fractions of the upright picture: left, top, width, height.
  ['x', (row) => formatFraction(row.x)],
  ['y', (row) => formatFraction(row.y)],
  ['width', (row) => formatFraction(row.width)],
  ['height', (row) => formatFraction(row.height)],
  ['image_width', (row) => row.imageWidth],
  ['image_height', (row) => row.imageHeight],
  ['model', (row) => escapeFormula(row.model)],
  ['model_version', (row) => escapeFormula(row.modelVersion)],
  // What a classifier says of it; empty where none has looked.
  ['classification', (row) => escapeFormula(row.classification)],
  ['classification_score', (row) => (row.classificationScore === null ? null : formatFraction(row.classificationScore))],
  ['classifier', (row) => escapeFormula(row.classifier)],
  // The same box again and again: a branch or a stone; it does not count.
  ['static', (row) => String(row.static)],
  // What a person says of it, and calls it; empty where nobody has said anything of it.
  ['review', (row) => row.review],
  ['review_label', (row) => escapeFormula(row.reviewLabel)],
];

export const DETECTIONS_HEADER = csvLine(COLUMNS.map(([name]) => name));

export function detectionLine(row: DetectionRow): string {
  return csvLine(COLUMNS.map(([, value]) => value(row)));
}
