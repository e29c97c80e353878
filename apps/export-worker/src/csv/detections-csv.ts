import type { DetectionRow } from '@pugmark/db';
import { csvLine, guarded, type CsvValue } from './csv-line';

const COLUMNS: readonly (readonly [name: string, value: (row: DetectionRow) => CsvValue])[] = [
  ['detection_id', (row) => row.detectionId],
  ['image_id', (row) => row.imageId],
  ['file_path', (row) => guarded(row.filePath)],
  ['sha256', (row) => row.sha256],
  ['deployment', (row) => guarded(row.deployment)],
  ['location', (row) => guarded(row.location)],
  // The camera's clock and, when the zone is known, the instant; empty when the picture has no time: none is invented.
  ['captured_local', (row) => row.capturedLocal],
  ['timezone', (row) => row.timezone],
  ['captured_at', (row) => row.capturedAt?.toISOString() ?? null],
  ['category', (row) => row.category],
  ['label', (row) => guarded(row.label)],
  ['confidence', (row) => fraction(row.confidence)],
  // The box in fractions of the upright picture: left, top, width, height.
  ['x', (row) => fraction(row.x)],
  ['y', (row) => fraction(row.y)],
  ['width', (row) => fraction(row.width)],
  ['height', (row) => fraction(row.height)],
  ['image_width', (row) => row.imageWidth],
  ['image_height', (row) => row.imageHeight],
  ['model', (row) => guarded(row.model)],
  ['model_version', (row) => guarded(row.modelVersion)],
  // What a classifier says of it; empty where none has looked.
  ['classification', (row) => guarded(row.classification)],
  ['classification_score', (row) => (row.classificationScore === null ? null : fraction(row.classificationScore))],
  ['classifier', (row) => guarded(row.classifier)],
];

export const DETECTIONS_HEADER = csvLine(COLUMNS.map(([name]) => name));

export function detectionLine(row: DetectionRow): string {
  return csvLine(COLUMNS.map(([, value]) => value(row)));
}

/** Six digits: what a 32 bit float holds, and never an exponent, which some readers do not take for a number. */
function fraction(value: number): string {
  return value.toFixed(6);
}
