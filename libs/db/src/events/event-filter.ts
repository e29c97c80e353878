import { sql, type RawBuilder } from 'kysely';
import type { Category } from '@pugmark/domain';
import { hoursInRange, type ObservationFilter } from '../observations/observation-filter';

/** Selects among the existing events; a filter does not change how events are formed. */
export interface EventFilter extends ObservationFilter {
  readonly projectId: number;
  /** Not `blank`: a blank image belongs to no event. */
  readonly category?: Category;
}

/** `category`: visits of any animal, person or vehicle. `label`: visits of each species. */
export type EventKind = 'category' | 'label';

/** The condition on `events e`. An event is filtered by the time of its start. */
export function eventConditions(filter: EventFilter, kind: EventKind): RawBuilder<unknown> {
  const { projectId, category, label, minConfidence, capturedFrom, capturedTo, reviewed } = filter;
  const hours = hoursInRange(filter);
  const conditions = [sql`e.project_id = ${projectId}`];
  if (label !== undefined) conditions.push(sql`e.label = ${label}`);
  // `label is not null` is repeated so that Postgres can use the partial index of labels.
  conditions.push(label !== undefined || kind === 'label' ? sql`e.label is not null` : sql`e.label is null`);
  if (category !== undefined) conditions.push(sql`e.category = ${category}`);
  conditions.push(...placeConditions(filter, sql`e.deployment_id`));
  if (minConfidence !== undefined) conditions.push(sql`e.confidence >= ${minConfidence}::real`);
  if (capturedFrom !== undefined) conditions.push(sql`e.starts_at >= ${capturedFrom}`);
  if (capturedTo !== undefined) conditions.push(sql`e.starts_at < ${capturedTo}`);
  if (hours !== null) conditions.push(sql`date_part('hour', e.local_start) = any(${hours}::float8[])`);
  if (reviewed !== undefined) conditions.push(sql`e.reviewed = ${reviewed}`);
  return sql.join(conditions, sql` and `);
}

/** The conditions of the filter's deployment and location on a column of deployment ids. */
export function placeConditions(
  { deploymentId, locationId }: Pick<ObservationFilter, 'deploymentId' | 'locationId'>,
  column: RawBuilder<unknown>,
): RawBuilder<unknown>[] {
  return [
    ...(deploymentId === undefined ? [] : [sql`${column} = ${deploymentId}`]),
    ...(locationId === undefined
      ? []
      : [sql`${column} in (select id from deployments where location_id = ${locationId})`]),
  ];
}
