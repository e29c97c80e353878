import { sql } from 'kysely';
import type { Executor } from '../connection/database';
import { placeConditions, type EventFilter } from '../events/event-filter';
import { sumOf } from './event-counts';

/** The place and duration of a deployment. */
export interface DeploymentEffort {
  readonly id: number;
  readonly name: string;
  readonly locationId: number | null;
  readonly locationName: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  /**
   * Local days of the start and the end of the deployment, or of the filter where that is narrower; null if the start
   * is unknown.
   */
  readonly from: string | null;
  readonly to: string | null;
  /** Trap-nights: the nights between `from` and `to`; null if the start is unknown. */
  readonly nights: number | null;
  /** Local days of the first and the last instant of the filter. */
  readonly filterFrom: string | null;
  readonly filterTo: string | null;
}

/** The sum over several deployments. */
export interface Effort {
  readonly deployments: number;
  /** Deployments without a known start. */
  readonly deploymentsWithoutDates: number;
  /** Of the other deployments; null if there are only deployments without dates. */
  readonly trapNights: number | null;
}

/**
 * Reads the effort of each deployment at the place of the filter, in order of id. A trap-night is from one local day to
 * the next, however many hours that takes: days are counted in the deployment's time zone. A deployment without an end
 * lasts until now; no night is in the future.
 */
export async function readDeploymentEfforts(db: Executor, filter: EventFilter): Promise<DeploymentEffort[]> {
  const { projectId, capturedFrom = null, capturedTo = null } = filter;
  const { rows } = await sql<DeploymentEffort>`
    select d.id, d.name, l.id as "locationId", l.name as "locationName", l.latitude, l.longitude,
      day.first::text as "from", day.last::text as "to", case when d.starts_at
        is not null then greatest(day.last - day.first, 0) end as nights,
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
