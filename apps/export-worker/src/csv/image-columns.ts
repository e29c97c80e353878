import { escapeFormula, type CsvValue } from './csv-records';

/** A column: its name, and a function that returns its value for a row. */
export type Column<Row> = readonly [name: string, value: (row: Row) => CsvValue];

interface ImageFields {
  readonly imageId: number;
  readonly filePath: string;
  readonly sha256: string;
  readonly deployment: string | null;
  readonly location: string | null;
}

/** Columns of the image and where it was taken. */
export const IMAGE_COLUMNS: readonly Column<ImageFields>[] = [
  ['image_id', (row) => row.imageId],
  ['file_path', (row) => escapeFormula(row.filePath)],
  ['sha256', (row) => row.sha256],
  ['deployment', (row) => escapeFormula(row.deployment)],
  ['location', (row) => escapeFormula(row.location)],
];

/** Six digits: the precision of a 32-bit float, without an exponent, which some readers do not parse. */
export function formatFraction(value: number): string {
  return value.toFixed(6);
}
