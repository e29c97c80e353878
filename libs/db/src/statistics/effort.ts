import { sql } from 'kysely';
import type { Executor } from '../connection/database';
import { placeConditions, type EventFilter } from '../events/event-filter';
import { sumOf } from './event-counts';

/** Where a camera stood, and for how long. */
export interface DeploymentEffort {
  readonly id: number;
  readonly name: string;
  readonly locationId: number | null;
  readonly locationName: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  /** The local days of its start and of its end, or of the filter's where those are narrower; null where its start is not known. */
  readonly from: string | null;
  readonly to: string | null;
  /** Trap-nights: the nights between `from` and `to`; null where its start is not known. */
  readonly nights: number | null;
  /** The local days of the first and of the last instant that the filter asks for. */
  readonly filterFrom: string | null;
  readonly filterTo: string | null;
}

/** What several deployments add up to. */
export interface Effort {
  readonly deployments: number;
  /** Of them, those without a known start. */
  readonly deploymentsWithoutDates: number;
  /** Of the others; null where there are none but those. */
  readonly trapNights: number | null;
}

/**
 * Each deployment that the filter's place means, in order of id. A night is one from a local day to the next, however many hours it has: the
 * days are counted by the calendar of the deployment's zone. One that has no end stands until now, and none stands in the future.
 */
export async function readDeploymentEfforts(db: Executor, filter: EventFilter): Promise<DeploymentEffort[]> {
  const { projectId, capturedFrom = null, capturedTo = null } = filter;
  const { rows } = await sql<DeploymentEffort>`
    select d.id, d.name, l.id as "locationId", l.name as "locationName", l.latitude, l.longitude,
      day.first::text as "from", day.last::text as "to", case when d.starts_at is not null then greatest(day.last - day.first, 0) end as nights,
      (${capturedFrom}::timestamptz at time zone d.timezone)::date::text as "filterFrom",
      ((${capturedTo}::timestamptz - interval '1 microsecond') at time zone d.timezone)::date::text as "filterTo"
    from deployments d left join locations l on l.id = d.location_id
    left join lateral (
      select (greatest(d.starts_at, ${capturedFrom}::timestamptz) at time zone d.timezone)::date as first,
        (least(d.ends_at, ${capturedTo}::timestamptz, now()) at time zone d.timezone)::date as last
    ) day on d.starts_at is not null
    where ${sql.join([sql`d.project_id = ${projectId}`, ...placeConditions(filter, sql`d.id`)], sql` and `)}
    order by d.id`.execute(db);
  return rows;
}

export function sumEffort(deployments: readonly DeploymentEffort[]): Effort {
  const known = deployments.flatMap(({ nights }) => (nights === null ? [] : [{ nights }]));
  const deploymentsWithoutDates = deployments.length - known.length;
  return {
    deployments: deployments.length,
    deploymentsWithoutDates,
    trapNights: known.length === 0 && deployments.length > 0 ? null : sumOf(known, 'nights'),
  };
}
