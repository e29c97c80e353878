import { unprocessable } from '../http-problem';
import { isOnCalendar } from './fields';

/** Throws a 422 for a local time with an impossible date, such as February 30. */
export function assertOnCalendar(field: string, local: string): void {
  if (!isOnCalendar(local)) throw unprocessable('invalid_date', field, `${field} is not a calendar date: ${local}`);
}
