import type { LineError } from './imports.dto';
import type { CsvRow } from './read-csv';

/**
 * Removes rows that repeat the name of an earlier row and reports them as errors: otherwise one of the two would be
 * lost.
 */
export function rejectDuplicates<Name extends string>(
  rows: readonly CsvRow<Name>[],
  nameOf: (row: CsvRow<Name>) => string | undefined,
  errors: LineError[],
  column = 'name',
): CsvRow<Name>[] {
  const lines = new Map<string, number>();
  return rows.filter((row) => {
    const name = nameOf(row);
    const earlier = name === undefined ? undefined : lines.get(name);
    if (earlier !== undefined) errors.push({ line: row.line, column, message: `is the same as in line ${earlier}` });
    else if (name !== undefined) lines.set(name, row.line);
    return earlier === undefined;
  });
}
