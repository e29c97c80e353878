import type { ObservationRow } from '@pugmark/db';
import { csvRecords, escapeFormula } from './csv-records';
import { IMAGE_COLUMNS, formatFraction, type Column } from './image-columns';

const COLUMNS: readonly Column<ObservationRow>[] = [
  ...IMAGE_COLUMNS,
  ['latitude', (row) => row.latitude],
  ['longitude', (row) => row.longitude],
  // Time of the camera's clock, local time (possibly corrected by a person), and the instant; empty if unknown.
  ['captured_local', (row) => row.capturedLocal],
  ['local_time', (row) => row.localTime],
  ['timezone', (row) => row.timezone],
  ['captured_at', (row) => row.capturedAt?.toISOString() ?? null],
  ['category', (row) => row.category],
  // Empty for a blank, like the next two columns.
  ['label', (row) => escapeFormula(row.label)],
  ['individuals', (row) => row.individuals],
  ['confidence', (row) => (row.confidence === null ? null : formatFraction(row.confidence))],
  // `human` or `machine`.
  ['source', (row) => row.source],
  ['reviewer', (row) => escapeFormula(row.reviewer)],
  ['reviewed_at', (row) => row.reviewedAt?.toISOString() ?? null],
];

export const OBSERVATIONS_HEADER = csvRecords([COLUMNS.map(([name]) => name)]);

export function observationRecords(rows: readonly ObservationRow[]): string {
  return csvRecords(rows.map((row) => COLUMNS.map(([, value]) => value(row))));
}
