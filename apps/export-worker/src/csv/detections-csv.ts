import type { DetectionRow } from '@pugmark/db';
import { csvRecords, escapeFormula } from './csv-records';
import { IMAGE_COLUMNS, formatFraction, type Column } from './image-columns';

const COLUMNS: readonly Column<DetectionRow>[] = [
  ['detection_id', (row) => row.detectionId],
  ...IMAGE_COLUMNS,
  // Time of the camera's clock and, if the zone is known, the instant; empty if the image has no time.
  ['captured_local', (row) => row.capturedLocal],
  ['timezone', (row) => row.timezone],
  ['captured_at', (row) => row.capturedAt?.toISOString() ?? null],
  ['category', (row) => row.category],
  ['label', (row) => escapeFormula(row.label)],
  ['confidence', (row) => formatFraction(row.confidence)],
  // The box in fractions of the upright image: left, top, width, height.
  ['x', (row) => formatFraction(row.x)],
  ['y', (row) => formatFraction(row.y)],
  ['width', (row) => formatFraction(row.width)],
  ['height', (row) => formatFraction(row.height)],
  ['image_width', (row) => row.imageWidth],
  ['image_height', (row) => row.imageHeight],
  ['model', (row) => escapeFormula(row.model)],
  ['model_version', (row) => escapeFormula(row.modelVersion)],
  // Label of a classifier; empty without one.
  ['classification', (row) => escapeFormula(row.classification)],
  [
    'classification_score',
    (row) => (row.classificationScore === null ? null : formatFraction(row.classificationScore)),
  ],
  ['classifier', (row) => escapeFormula(row.classifier)],
  // Whether it is a static detection, such as a branch or a stone, which is not effective.
  ['static', (row) => String(row.static)],
  // Annotation of the detection by a person; empty without one.
  ['review', (row) => row.review],
  ['review_label', (row) => escapeFormula(row.reviewLabel)],
];

export const DETECTIONS_HEADER = csvRecords([COLUMNS.map(([name]) => name)]);

export function detectionRecords(rows: readonly DetectionRow[]): string {
  return csvRecords(rows.map((row) => COLUMNS.map(([, value]) => value(row))));
}
