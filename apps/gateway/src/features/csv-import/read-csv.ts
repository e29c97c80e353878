import { CsvError, parse } from 'csv-parse/sync';
import type { LineError } from './imports.dto';
import { HttpProblem } from '../../http/http-problem';

/** Column names, each with its accepted aliases. Case, blanks, `_` and `-` are ignored. */
export type Columns<Name extends string> = Readonly<Record<Name, readonly string[]>>;

export interface CsvRow<Name extends string> {
  readonly line: number;
  /** The non-empty cells. */
  readonly cells: Readonly<Partial<Record<Name, string>>>;
}

const MAX_ROWS = 10_000;

interface Parsed {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/**
 * Reads the rows of a CSV file, and reports the lines with too many or too few cells. The first line names the columns,
 * in any order; commas, semicolons (as spreadsheets write where the comma is the decimal sign) or tabs separate. Throws
 * a 422 for a malformed file.
 */
export function readCsv<Name extends string>(
  text: string,
  columns: Columns<Name>,
  required: readonly NoInfer<Name>[],
): { rows: CsvRow<Name>[]; errors: LineError[] } {
  if (text.includes('\ufffd') || text.includes('\0'))
    throw badCsv('the file is not UTF-8 text: save it as "CSV UTF-8"');
  const [header, ...records] = parseText(text);
  if (header === undefined) throw badCsv('the file is empty');
  const names = header.record.map((title) => columnOf(title, columns));
  const duplicate = names.find((name, at) => names.indexOf(name) !== at);
  if (duplicate !== undefined) throw badCsv(`two columns are ${duplicate}`);
  const missing = required.filter((name) => !names.includes(name));
  if (missing.length > 0)
    throw badCsv(
      `the file has no column ${missing.join(', ')}; its first line must name the columns: ${Object.keys(columns).join(', ')}`,
    );
  if (records.length > MAX_ROWS) throw badCsv(`the file has more than ${MAX_ROWS} lines: split it`);
  const errors: LineError[] = [];
  const rows: CsvRow<Name>[] = [];
  for (const { record, info } of records) {
    if (record.length === names.length) rows.push({ line: info.lines, cells: cellsOf(names, record) });
    else
      errors.push({
        line: info.lines,
        column: null,
        message: `has ${record.length} cells where the first line names ${names.length} columns`,
      });
  }
  return { rows, errors };
}

function parseText(text: string): Parsed[] {
  try {
    return parse(text, {
      bom: true,
      delimiter: delimiterOf(text),
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      trim: true,
    }) as unknown as Parsed[];
  } catch (error) {
    if (error instanceof CsvError) throw badCsv(`the file cannot be read as CSV: ${error.message}`);
    throw error;
  }
}

/** The candidate that occurs most often in the first line. */
function delimiterOf(text: string): string {
  const firstLine = text.slice(0, text.search(/[\r\n]|$/));
  const count = (delimiter: string): number => firstLine.split(delimiter).length;
  return [',', ';', '\t'].reduce((best, delimiter) => (count(delimiter) > count(best) ? delimiter : best));
}

function columnOf<Name extends string>(title: string, columns: Columns<Name>): Name {
  const plain = (text: string): string => text.toLowerCase().replace(/[\s_-]/g, '');
  for (const [name, aliases] of Object.entries(columns) as [Name, readonly string[]][]) {
    if ([name, ...aliases].some((known) => plain(known) === plain(title))) return name;
  }
  throw badCsv(
    `the column ${JSON.stringify(title.slice(0, 60))} is not known; known are: ${Object.keys(columns).join(', ')}`,
  );
}

function cellsOf<Name extends string>(names: readonly Name[], record: readonly string[]): CsvRow<Name>['cells'] {
  return Object.fromEntries(
    names.map((name, at) => [name, record[at]]).filter(([, cell]) => cell !== ''),
  ) as CsvRow<Name>['cells'];
}

function badCsv(message: string): HttpProblem {
  return new HttpProblem(422, 'bad_csv', message);
}
