import { sql } from 'kysely';
import type { StatisticsCache } from './statistics-cache';
import { readDeploymentEfforts, sumEffort, type DeploymentEffort, type Effort } from './effort';
import {
  countEvents,
  countsByKind,
  sumOf,
  type EventTotals,
  type EventCount,
  type Grouping,
  type Kind,
} from './event-counts';
import { eventConditions, type EventFilter, type EventKind } from '../events/event-filter';
import { groupRows } from './group-rows';

/** A location, or a deployment whose location is unknown. */
export interface PlacePresence extends Effort, EventTotals {
  readonly locationId: number | null;
  /** The deployment, if its location is unknown; else null. */
  readonly deploymentId: number | null;
  readonly name: string;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly firstSeen: Date | null;
  readonly lastSeen: Date | null;
  /** Local days on which an event started. */
  readonly daysPresent: number;
  readonly kinds: readonly (Kind & EventTotals)[];
}

export interface Presence {
  /** Includes places without events: with a camera there, absence is a result. Locations first. */
  readonly places: readonly PlacePresence[];
  /** Events of images whose deployment is unknown, which are at no place. */
  readonly withoutDeployment: number;
}

/** Counts events at each place, including those without any. */
export async function readPresence(cache: StatisticsCache, filter: EventFilter, grouping: Grouping): Promise<Presence> {
  const events = await countEvents(cache, filter, grouping, sql`e.deployment_id`);
  const days = await daysPresent(cache, filter, grouping.groupBy);
  const places = groupRows(await readDeploymentEfforts(cache.db, filter), placeOf);
  const placeOfDeployment = new Map(
    [...places].flatMap(([place, own]) => own.map(({ id }) => [String(id), place] as const)),
  );
  const seen = groupRows(events, ({ key }) => (key === null ? undefined : placeOfDeployment.get(key)));
  const found = [...places].map(([place, own]) => presenceAt(own, seen.get(place) ?? [], days.get(place) ?? 0));
  return {
    places: found.sort(
      (a, b) =>
        (a.locationId ?? Infinity) - (b.locationId ?? Infinity) || (a.deploymentId ?? 0) - (b.deploymentId ?? 0),
    ),
    withoutDeployment: sumOf(
      events.filter(({ key }) => key === null),
      'events',
    ),
  };
}

/** The same key as in the query of `daysPresent`. */
function placeOf({ id, locationId }: DeploymentEffort): string {
  return String(locationId ?? -id);
}

async function daysPresent(cache: StatisticsCache, filter: EventFilter, kind: EventKind): Promise<Map<string, number>> {
  const rows = await cache.rows(
    filter.projectId,
    sql<{ place: string; days: number }>`
    select place::text, count(*) as days from (
      select coalesce(d.location_id, -d.id) as place, e.local_start::date as day
      from events e join deployments d on d.id = e.deployment_id
        where ${eventConditions(filter, kind)} and e.starts_at is not null group by 1, 2
    ) present group by place`,
  );
  return new Map(rows.map(({ place, days }) => [place, days]));
}

function presenceAt(
  deployments: readonly DeploymentEffort[],
  seen: readonly EventCount[],
  days: number,
): PlacePresence {
  const one = deployments[0]!;
  return {
    locationId: one.locationId,
    deploymentId: one.locationId === null ? one.id : null,
    name: one.locationName ?? one.name,
    latitude: one.latitude,
    longitude: one.longitude,
    ...sumEffort(deployments),
    events: sumOf(seen, 'events'),
    individuals: sumOf(seen, 'individuals'),
    firstSeen: earliest(seen.map(({ firstSeen }) => firstSeen)),
    lastSeen: earliest(
      seen.map(({ lastSeen }) => lastSeen),
      -1,
    ),
    daysPresent: days,
    kinds: countsByKind(seen),
  };
}

/** Null if no time is known. With the sign -1 the latest. */
function earliest(times: readonly (Date | null)[], sign: 1 | -1 = 1): Date | null {
  const known = times.flatMap((time) => time ?? []).sort((a, b) => sign * (a.getTime() - b.getTime()));
  return known[0] ?? null;
}
