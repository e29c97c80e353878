export type TableCell = string | number;

export interface TableOptions {
  readonly headings?: readonly string[];
  /** Columns whose texts are aligned on the right, as numbers always are. */
  readonly rightAligned?: readonly number[];
}

/** Formats rows as columns for the terminal: texts aligned on the left, numbers of a column on the right. */
export function formatTable(
  rows: readonly (readonly TableCell[])[],
  { headings, rightAligned = [] }: TableOptions = {},
): string {
  const lines = headings === undefined ? rows : [headings, ...rows];
  const columns = Math.max(...lines.map((cells) => cells.length));
  const width = (column: number, isMeasured: (cell: TableCell) => boolean): number =>
    Math.max(
      0,
      ...lines
        .map((cells) => cells[column] ?? '')
        .filter(isMeasured)
        .map((cell) => String(cell).length),
    );
  const widths = Array.from({ length: columns }, (_, column) => width(column, () => true));
  const numberWidths = widths.map((_, column) => width(column, (cell) => typeof cell === 'number'));
  const format = (cell: TableCell, column: number): string => {
    const fullWidth = widths[column] ?? 0;
    if (rightAligned.includes(column)) return String(cell).padStart(fullWidth);
    const text = typeof cell === 'number' ? String(cell).padStart(numberWidths[column] ?? 0) : cell;
    return text.padEnd(fullWidth);
  };
  return lines.map((cells) => `  ${cells.map(format).join('  ')}`.trimEnd()).join('\n');
}
