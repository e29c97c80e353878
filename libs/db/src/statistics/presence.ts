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

/** A location, or a deployment of which the location is not known. */
export interface PlacePresence extends Effort, EventTotals {
  readonly locationId: number | null;
  /** Of the deployment, where its location is not known; else null. */
  readonly deploymentId: number | null;
  readonly name: string;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly firstSeen: Date | null;
  readonly lastSeen: Date | null;
  /** Local days on which an event began. */
  readonly daysPresent: number;
  readonly kinds: readonly (Kind & EventTotals)[];
}

export interface Presence {
  /** Also those at which nothing was seen: that is a finding, where a camera stood. Locations first. */
  readonly places: readonly PlacePresence[];
  /** Events of images whose deployment is not known: at no place. */
  readonly withoutDeployment: number;
}

/** Where it was seen, and where not. */
export async function readPresence(
  counts: StatisticsCache,
  filter: EventFilter,
  grouping: Grouping,
): Promise<Presence> {
  const events = await countEvents(counts, filter, grouping, sql`e.deployment_id`);
  const days = await daysPresent(counts, filter, grouping.groupBy);
  const places = groupRows(await readDeploymentEfforts(counts.db, filter), placeOf);
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

/** As `daysPresent` names it too. */
function placeOf({ id, locationId }: DeploymentEffort): string {
  return String(locationId ?? -id);
}

async function daysPresent(
  counts: StatisticsCache,
  filter: EventFilter,
  kind: EventKind,
): Promise<Map<string, number>> {
  const rows = await counts.rows(
    filter.projectId,
    sql<{ place: string; days: number }>`
    select place::text, count(*) as days from (
      select coalesce(d.location_id, -d.id) as place, e.local_start::date as day
      from events e join deployments d on d.id = e.deployment_id where ${eventConditions(filter, kind)} and e.starts_at is not null group by 1, 2
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

/** Null where none of the times is known. With the sign -1 the latest. */
function earliest(times: readonly (Date | null)[], sign: 1 | -1 = 1): Date | null {
  const known = times.flatMap((time) => time ?? []).sort((a, b) => sign * (a.getTime() - b.getTime()));
  return known[0] ?? null;
}
