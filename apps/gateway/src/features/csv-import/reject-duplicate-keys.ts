import type { LineFault } from './imports.dto';
import type { CsvRow } from './read-csv';

/** The rows without those whose name an earlier line has already, which are told as faults: one of the two would be lost. */
export function withoutRepeats<Name extends string>(
  rows: readonly CsvRow<Name>[],
  nameOf: (row: CsvRow<Name>) => string | undefined,
  faults: LineFault[],
  column = 'name',
): CsvRow<Name>[] {
  const lines = new Map<string, number>();
  return rows.filter((row) => {
    const name = nameOf(row);
    const earlier = name === undefined ? undefined : lines.get(name);
    if (earlier !== undefined) faults.push({ line: row.line, column, message: `is the same as in line ${earlier}` });
    else if (name !== undefined) lines.set(name, row.line);
    return earlier === undefined;
  });
}
