/** A number, an id, a time: written unchanged. */
export type CsvValue = string | number | null;

/**
 * Escapes text that people or cameras chose. Spreadsheets evaluate a cell that begins with one of these characters as a
 * formula, which can send data to others or start programs (OWASP, "CSV Injection"); a leading apostrophe makes it
 * text. Only for text: it would spoil negative numbers.
 */
export function escapeFormula(text: string | null): string | null {
  return text !== null && /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
}

/** Formats one record: RFC 4180 quoting, CRLF. Null is an empty cell. */
export function csvLine(values: readonly CsvValue[]): string {
  return `${values.map(cell).join(',')}\r\n`;
}

function cell(value: CsvValue): string {
  if (value === null) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}
