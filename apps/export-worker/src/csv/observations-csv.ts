import type { ObservationRow } from '@pugmark/db';
import { csvLine, escapeFormula } from './csv-line';
import { IMAGE_COLUMNS, formatFraction, type Column } from './image-columns';

const COLUMNS: readonly Column<ObservationRow>[] = [
  ...IMAGE_COLUMNS,
  ['latitude', (row) => row.latitude],
  ['longitude', (row) => row.longitude],
  // The camera's clock, the time at the place, which a person may have given instead, and the instant; empty when it is not known.
  ['captured_local', (row) => row.capturedLocal],
  ['local_time', (row) => row.localTime],
  ['timezone', (row) => row.timezone],
  ['captured_at', (row) => row.capturedAt?.toISOString() ?? null],
  ['category', (row) => row.category],
  // Empty for a blank, as are the two after it.
  ['label', (row) => escapeFormula(row.label)],
  ['individuals', (row) => row.individuals],
  ['confidence', (row) => (row.confidence === null ? null : formatFraction(row.confidence))],
  // Whose word it is.
  ['source', (row) => row.source],
  ['reviewer', (row) => escapeFormula(row.reviewer)],
  ['reviewed_at', (row) => row.reviewedAt?.toISOString() ?? null],
];

export const OBSERVATIONS_HEADER = csvLine(COLUMNS.map(([name]) => name));

export function observationLine(row: ObservationRow): string {
  return csvLine(COLUMNS.map(([, value]) => value(row)));
}
