import { stringify, type Options } from 'csv-stringify/sync';

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

/** RFC 4180 quoting, CRLF; also quotes cells with white space at an end, which some readers would remove. */
const FORMAT: Options = { record_delimiter: 'windows', quoted_match: /[",\r\n]|^\s|\s$/ };

/** Formats records, one line each. Null is an empty cell. */
export function csvRecords(records: readonly (readonly CsvValue[])[]): string {
  return stringify([...records], FORMAT);
}
