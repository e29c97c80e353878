/** Step sizes of a calendar. */
export const CALENDAR_STEPS = ['day', 'week', 'month'] as const;
export type CalendarStep = (typeof CALENDAR_STEPS)[number];

const DAY_MS = 86_400_000;
const THURSDAY = 3;

/** Days from `from` (inclusive) to `to` (exclusive), `YYYY-MM-DD`. */
export interface DayRange {
  readonly from: string;
  readonly to: string;
}

/**
 * Lists the steps from the one of the first day to the one of the last, each named by its first day: days, ISO 8601
 * weeks (which begin on Mondays) or months. Null if there are more than `maxSteps`. Days are `YYYY-MM-DD` in a calendar
 * without time zone, so that every day has 24 hours.
 */
export function stepsBetween(first: string, last: string, step: CalendarStep, maxSteps: number): string[] | null {
  const steps: string[] = [];
  for (let day = startOfStep(dayNumber(first), step); day <= dayNumber(last); day = nextStep(day, step)) {
    if (steps.length === maxSteps) return null;
    steps.push(dayText(day));
  }
  return steps;
}

/** Sums the days of the ranges within each step. Steps must be consecutive. */
export function daysInSteps(ranges: readonly DayRange[], steps: readonly string[], step: CalendarStep): number[] {
  const [first, last] = [steps[0], steps.at(-1)];
  if (first === undefined || last === undefined) return [];
  const [begin, end] = [dayNumber(first), nextStep(dayNumber(last), step)];
  // Differences at range borders: allows one pass over the days for any number of ranges.
  const change = new Int32Array(end - begin + 1);
  for (const { from, to } of ranges) {
    const [a, b] = [Math.max(dayNumber(from), begin), Math.min(dayNumber(to), end)];
    if (a >= b) continue;
    change[a - begin]! += 1;
    change[b - begin]! -= 1;
  }
  let running = 0;
  return steps.map((name) => {
    const start = dayNumber(name);
    let days = 0;
    for (let day = start; day < nextStep(start, step); day += 1) {
      running += change[day - begin]!;
      days += running;
    }
    return days;
  });
}

/** Days since 1 January 1970. */
function dayNumber(day: string): number {
  return Math.round(Date.parse(`${day}T00:00:00Z`) / DAY_MS);
}

function dayText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

function startOfStep(day: number, step: CalendarStep): number {
  if (step === 'day') return day;
  // 1 January 1970 was a Thursday.
  if (step === 'week') return day - ((((day + THURSDAY) % 7) + 7) % 7);
  return dayNumber(`${dayText(day).slice(0, 8)}01`);
}

function nextStep(start: number, step: CalendarStep): number {
  if (step === 'day') return start + 1;
  if (step === 'week') return start + 7;
  const date = new Date(start * DAY_MS);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) / DAY_MS;
}
