/** Parses a numeric cell, with a decimal point or comma as spreadsheets write it; leaves other text unchanged. */
export function numberOrText(cell: string | undefined): number | string | undefined {
  return cell !== undefined && /^[+-]?\d+([.,]\d+)?$/.test(cell) ? Number(cell.replace(',', '.')) : cell;
}

/** A time in a cell: an instant when it has an offset, else a local time to be read in the deployment's zone. */
export type CellTime = { readonly instant: string } | { readonly local: string } | { readonly error: string };

/**
 * Reads `2026-05-01T06:00:00Z`, `2026-05-01 06:00` or `2026-05-01`. A date alone is the start of that day, or, as an
 * end, the start of the next day, so that the deployment includes the whole day.
 */
export function readTime(cell: string, isEnd: boolean): CellTime {
  const [, date, time, seconds = ':00', offset] =
    /^((?:19|20|21)\d\d-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(?:\.\d+)?\s?(Z|[+-]\d\d:?\d\d)?)?$/.exec(cell) ?? [];
  if (date === undefined) return { error: 'must be a time such as 2026-05-01 06:00 (local) or 2026-05-01T06:00:00Z' };
  const day = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== date)
    return { error: 'names a day that does not exist' };
  if (time === undefined) return { local: `${isEnd ? nextDay(day) : date}T00:00:00` };
  if (time > '23:59' || time.slice(3) > '59' || seconds > ':59')
    return { error: 'names a time of day that does not exist' };
  const reading = `${date}T${time}${seconds}`;
  return offset === undefined
    ? { local: reading }
    : { instant: `${reading}${offset.replace(/^(.\d\d)(\d\d)$/, '$1:$2')}` };
}

function nextDay(day: Date): string {
  return new Date(day.getTime() + 86_400_000).toISOString().slice(0, 10);
}
