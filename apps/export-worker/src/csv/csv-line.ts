/** A number, an id, a time: written as it stands. */
export type CsvValue = string | number | null;

/**
 * A text that people or cameras chose. Spreadsheets run a cell that begins with one of these as a formula, which can send data
 * away or start programs (OWASP, "CSV Injection"); a leading apostrophe makes it text. Only for text: in a column of numbers it
 * would spoil every negative one.
 */
export function escapeFormula(text: string | null): string | null {
  return text !== null && /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
}

/** One record: RFC 4180 quoting, CRLF. Null is an empty cell. */
export function csvLine(values: readonly CsvValue[]): string {
  return `${values.map(cell).join(',')}\r\n`;
}

function cell(value: CsvValue): string {
  if (value === null) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}
