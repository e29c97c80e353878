import { sql } from 'kysely';
import type { StatisticsCache } from './statistics-cache';
import { groupByKind, countEvents, sumOf, type EventCount, type Grouping, type Kind } from './event-counts';
import type { EventFilter } from '../events/event-filter';

export interface ActivityOfKind extends Kind {
  /** For each hour of the day, from 0 on. */
  readonly events: readonly number[];
  readonly individuals: readonly number[];
}

export interface Activity {
  /** Events without a known time, which are in no hour. */
  readonly withoutTime: number;
  /** For the solar clock, events at places without coordinates, which are in no hour either. */
  readonly withoutPlace: number;
  readonly kinds: readonly ActivityOfKind[];
}

const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

/** Counts events by the hour of the day in which they started, by local or solar time. */
export async function readActivity(
  cache: StatisticsCache,
  filter: EventFilter,
  grouping: Grouping,
  clock: 'local' | 'solar',
): Promise<Activity> {
  const rows = await countEvents(
    cache,
    filter,
    grouping,
    clock === 'local' ? sql`date_part('hour', e.local_start)` : sql`e.solar_hour`,
  );
  return {
    withoutTime: sumOf(rows, 'events') - sumOf(rows, 'withTime'),
    withoutPlace: sumOf(
      rows.filter(({ key }) => key === null),
      'withTime',
    ),
    kinds: groupByKind(rows).map(({ kind, rows: own }) => ({
      ...kind,
      events: byHour(own, 'events'),
      individuals: byHour(own, 'individuals'),
    })),
  };
}

function byHour(rows: readonly EventCount[], what: 'events' | 'individuals'): number[] {
  return HOURS.map((hour) =>
    sumOf(
      rows.filter(({ key }) => key === String(hour)),
      what,
    ),
  );
}
