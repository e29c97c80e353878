/** A cell as a number where it is one, as spreadsheets write them, with a decimal point or comma; else as the text that it is. */
export function numberOrText(cell: string | undefined): number | string | undefined {
  return cell !== undefined && /^[+-]?\d+([.,]\d+)?$/.test(cell) ? Number(cell.replace(',', '.')) : cell;
}

/** A moment in a cell: with an offset the instant; else a local time, which the deployment's zone turns into one. */
export type Moment = { readonly instant: string } | { readonly local: string } | { readonly fault: string };

/**
 * `2026-05-01T06:00:00Z`, `2026-05-01 06:00`, `2026-05-01`. A date alone is its beginning, or as an end the beginning of the next day,
 * so that the whole day belongs to the deployment.
 */
export function readMoment(cell: string, isEnd: boolean): Moment {
  const [, date, time, seconds = ':00', offset] =
    /^((?:19|20|21)\d\d-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(?:\.\d+)?\s?(Z|[+-]\d\d:?\d\d)?)?$/.exec(cell) ?? [];
  if (date === undefined) return { fault: 'must be a time such as 2026-05-01 06:00 (local) or 2026-05-01T06:00:00Z' };
  const day = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== date)
    return { fault: 'names a day that does not exist' };
  if (time === undefined) return { local: `${isEnd ? nextDay(day) : date}T00:00:00` };
  if (time > '23:59' || time.slice(3) > '59' || seconds > ':59')
    return { fault: 'names a time of day that does not exist' };
  const reading = `${date}T${time}${seconds}`;
  return offset === undefined
    ? { local: reading }
    : { instant: `${reading}${offset.replace(/^(.\d\d)(\d\d)$/, '$1:$2')}` };
}

function nextDay(day: Date): string {
  return new Date(day.getTime() + 86_400_000).toISOString().slice(0, 10);
}
