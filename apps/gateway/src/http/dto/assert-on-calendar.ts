import { unprocessable } from '../http-problem';
import { isOnCalendar } from './fields';

/** Throws a 422 for a local time such as that of a 30th of February. */
export function assertOnCalendar(field: string, local: string): void {
  if (!isOnCalendar(local)) throw unprocessable('no_such_day', field, `${field} is on no calendar: ${local}`);
}
