import { guarded, type CsvValue } from './csv-line';

/** A column: its name, and its cell of a row. */
export type Column<Row> = readonly [name: string, value: (row: Row) => CsvValue];

interface OfImage {
  readonly imageId: number;
  readonly filePath: string;
  readonly sha256: string;
  readonly deployment: string | null;
  readonly location: string | null;
}

/** Which image, and where it was taken. */
export const IMAGE_COLUMNS: readonly Column<OfImage>[] = [
  ['image_id', (row) => row.imageId],
  ['file_path', (row) => guarded(row.filePath)],
  ['sha256', (row) => row.sha256],
  ['deployment', (row) => guarded(row.deployment)],
  ['location', (row) => guarded(row.location)],
];

/** Six digits: what a 32 bit float holds, and never an exponent, which some readers do not take for a number. */
export function fraction(value: number): string {
  return value.toFixed(6);
}
