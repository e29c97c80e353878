import { sql } from 'kysely';
import { daysInSteps, stepsBetween, type CalendarStep } from '@pugmark/domain';
import type { StatisticsCache } from './statistics-cache';
import { readDeploymentEfforts, type DeploymentEffort } from './effort';
import { groupByKind, countEvents, sumOf, type EventCount, type Grouping, type Kind } from './event-counts';
import type { EventFilter } from '../events/event-filter';

export interface TimelineOfKind extends Kind {
  /** For each step. */
  readonly events: readonly number[];
  readonly individuals: readonly number[];
}

export interface Timeline {
  /** First days of the steps, `YYYY-MM-DD`, without gaps. */
  readonly steps: readonly string[];
  /** For each step; a night belongs to the day on which it starts. 0: no camera with known dates was deployed. */
  readonly trapNights: readonly number[];
  /** Events without a known time, which are in no step. */
  readonly withoutTime: number;
  readonly kinds: readonly TimelineOfKind[];
}

/** The range of days for which there would be too many steps. */
export interface TooManySteps {
  readonly first: string;
  readonly last: string;
}

/**
 * The baseline migration creates extended statistics for the same expressions, so that Postgres can estimate the number
 * of steps.
 */
const STEP_EXPRESSIONS: Readonly<Record<CalendarStep, ReturnType<typeof sql>>> = {
  day: sql`e.local_start::date`,
  // ISO 8601: weeks start on Monday.
  week: sql`date_trunc('week', e.local_start)`,
  month: sql`date_trunc('month', e.local_start)`,
};

/**
 * Counts events by local calendar steps of their start. The steps span the time of the filter; where it is open, they
 * start with the first day on which a camera was deployed or an event started, and end with the last.
 */
export async function readTimeline(
  cache: StatisticsCache,
  filter: EventFilter,
  grouping: Grouping,
  by: CalendarStep,
  maxSteps: number,
): Promise<Timeline | TooManySteps> {
  const rows = await countEvents(cache, filter, grouping, STEP_EXPRESSIONS[by]);
  const deployments = await readDeploymentEfforts(cache.db, filter);
  const range = rangeOf(filter, deployments, rows);
  const steps = range === null ? [] : stepsBetween(range.first, range.last, by, maxSteps);
  if (steps === null) return range!;
  return {
    steps,
    trapNights: daysInSteps(
      deployments.flatMap(({ from, to }) => (from === null || to === null ? [] : [{ from, to }])),
      steps,
      by,
    ),
    withoutTime: sumOf(rows, 'events') - sumOf(rows, 'withTime'),
    kinds: groupByKind(rows).map(({ kind, rows: own }) => ({ ...kind, ...seriesOf(own, steps) })),
  };
}

/** Null: there is no day to start with. */
function rangeOf(
  { capturedFrom, capturedTo }: EventFilter,
  deployments: readonly DeploymentEffort[],
  rows: readonly EventCount[],
): TooManySteps | null {
  const eventDays = rows.flatMap(({ key }) => (key === null ? [] : [dayOf(key)]));
  const deployed = deployments.flatMap(({ from, to, nights }) =>
    from === null || to === null || nights === null || from > to ? [] : [from, to],
  );
  const days = [...eventDays, ...deployed].sort();
  const daysOf = (day: keyof DeploymentEffort, instant: Date | undefined): string[] =>
    instant === undefined
      ? []
      : deployments.length === 0
        ? [instant.toISOString().slice(0, 10)]
        : deployments.flatMap((one) => (one[day] as string | null) ?? []);
  const first = [
    ...daysOf('filterFrom', capturedFrom).sort().slice(0, 1),
    ...(capturedFrom === undefined ? days.slice(0, 1) : []),
  ][0];
  const last = [
    ...daysOf('filterTo', capturedTo).sort().slice(-1),
    ...(capturedTo === undefined ? days.slice(-1) : []),
  ][0];
  return first === undefined || last === undefined ? null : { first, last };
}

function seriesOf(
  rows: readonly EventCount[],
  steps: readonly string[],
): { readonly events: number[]; readonly individuals: number[] } {
  const of = new Map(rows.map((row) => [row.key === null ? null : dayOf(row.key), row]));
  return {
    events: steps.map((step) => of.get(step)?.events ?? 0),
    individuals: steps.map((step) => of.get(step)?.individuals ?? 0),
  };
}

/** The day of a date or a timestamp. */
function dayOf(key: string): string {
  return key.slice(0, 10);
}
