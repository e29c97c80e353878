import { unprocessable } from '../api/http-problem';

/** Throws a 422 for a local time such as that of a 30th of February. */
export function assertOnCalendar(field: string, local: string): void {
  const date = new Date(`${local}Z`);
  if (Number.isNaN(date.getTime()) || !date.toISOString().startsWith(local)) throw unprocessable('no_such_day', field, `${field} is on no calendar: ${local}`);
}
