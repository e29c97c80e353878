import { sql } from 'kysely';
import { daysInSteps, stepsBetween, type CalendarStep } from '@pugmark/domain';
import type { StatisticsCache } from './statistics-cache';
import { readDeploymentEfforts, type DeploymentEffort } from './effort';
import { groupByKind, countEvents, sumOf, type EventCount, type Grouping, type Kind } from './event-counts';
import type { EventFilter } from '../events/event-filter';

export interface TimelineOfKind extends Kind {
  /** Of each step. */
  readonly events: readonly number[];
  readonly individuals: readonly number[];
}

export interface Timeline {
  /** The first days of the steps, `YYYY-MM-DD`, without a gap. */
  readonly steps: readonly string[];
  /** Of each step; a night belongs to the day on which it begins. 0: no camera whose dates are known stood then. */
  readonly trapNights: readonly number[];
  /** Events without a known time: in no step. */
  readonly withoutTime: number;
  readonly kinds: readonly TimelineOfKind[];
}

/** From which day to which the steps would have to reach, when they are too many. */
export interface TooManySteps {
  readonly first: string;
  readonly last: string;
}

/** Postgres knows how many there are of each: the migration `2026-12-01-statistics` names the same expressions. */
const STEP_EXPRESSIONS: Readonly<Record<CalendarStep, ReturnType<typeof sql>>> = {
  day: sql`e.local_start::date`,
  // ISO 8601: the Monday.
  week: sql`date_trunc('week', e.local_start)`,
  month: sql`date_trunc('month', e.local_start)`,
};

/**
 * When events began, by the local calendar of each deployment. The steps reach over all that the filter asks for; where it leaves an
 * end open, from the first day on which a camera stood or an event began, and to the last.
 */
export async function readTimeline(
  counts: StatisticsCache,
  filter: EventFilter,
  grouping: Grouping,
  by: CalendarStep,
  maxSteps: number,
): Promise<Timeline | TooManySteps> {
  const rows = await countEvents(counts, filter, grouping, STEP_EXPRESSIONS[by]);
  const deployments = await readDeploymentEfforts(counts.db, filter);
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

/** Null: there is no day to begin with. */
function rangeOf(
  { capturedFrom, capturedTo }: EventFilter,
  deployments: readonly DeploymentEffort[],
  rows: readonly EventCount[],
): TooManySteps | null {
  const seen = rows.flatMap(({ key }) => (key === null ? [] : [dayOf(key)]));
  const stood = deployments.flatMap(({ from, to, nights }) =>
    from === null || to === null || nights === null || from > to ? [] : [from, to],
  );
  const days = [...seen, ...stood].sort();
  const asked = (day: keyof DeploymentEffort, instant: Date | undefined): string[] =>
    instant === undefined
      ? []
      : deployments.length === 0
        ? [instant.toISOString().slice(0, 10)]
        : deployments.flatMap((one) => (one[day] as string | null) ?? []);
  const first = [
    ...asked('filterFrom', capturedFrom).sort().slice(0, 1),
    ...(capturedFrom === undefined ? days.slice(0, 1) : []),
  ][0];
  const last = [
    ...asked('filterTo', capturedTo).sort().slice(-1),
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

/** Of a date or a timestamp. */
function dayOf(key: string): string {
  return key.slice(0, 10);
}
