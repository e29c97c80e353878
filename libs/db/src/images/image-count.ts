import { sql, type RawBuilder } from 'kysely';
import type { StatisticsCache } from '../statistics/statistics-cache';
import {
  OBSERVATION_PROPERTIES,
  imageConditionsExceptLabel,
  imageConditions,
  observationsWithLabel,
  type ImageFilter,
} from './image-filter';
import { usesOnly, hoursInRange } from '../observations/observation-filter';

/** Maximum number of images that are counted one by one. */
export const MAX_COUNTED = 100_000;
/** The same for the images of a run, whose inferences have to be looked up for each image. */
export const MAX_COUNTED_OF_RUN = 1_000;

export interface ImageCount {
  readonly count: number;
  /** False: there are more. */
  readonly exact: boolean;
}

/** Filter properties that `image_counts_by_hour` has; with any other one images are counted one by one. */
const PRECOUNTED_PROPERTIES: ReadonlySet<string> = new Set<keyof ImageFilter>([
  'projectId',
  'deploymentId',
  'locationId',
  'category',
  'hourFrom',
  'hourTo',
  'reviewed',
]);

/**
 * Counts the images that pass the filter. By project, place, category, hour and review the number is a sum and always
 * exact; otherwise images are counted up to a limit.
 */
export async function countImages(cache: StatisticsCache, filter: ImageFilter): Promise<ImageCount> {
  if (usesOnly(filter, PRECOUNTED_PROPERTIES))
    return { count: (await count(cache, filter, selectSum(filter))).images, exact: true };
  const max = filter.runId === undefined ? MAX_COUNTED : MAX_COUNTED_OF_RUN;
  // With a label an image may occur twice, if two categories have the same label.
  const different = filter.label === undefined ? sql`count(*)` : sql`count(distinct image_id)`;
  const { images, rows } = await count(
    cache,
    filter,
    sql<Counted>`select ${different}::int as images, count(*)::int as rows
      from (select image_id from ${selectMatching(filter)} limit ${max + 1}) counted`,
  );
  return { count: Math.min(images, max), exact: rows <= max };
}

interface Counted {
  readonly images: number;
  readonly rows: number;
}

/** Counts of tasks are not cached: they change all the time, without a row in `project_changes`. */
async function count(
  cache: StatisticsCache,
  { projectId, runId, state }: ImageFilter,
  query: RawBuilder<Counted>,
): Promise<Counted> {
  const isKept = projectId !== undefined && runId === undefined && state === undefined;
  const rows = isKept ? await cache.rows(projectId, query) : (await query.execute(cache.db)).rows;
  return rows[0]!;
}

function selectMatching(filter: ImageFilter): RawBuilder<unknown> {
  const { label } = filter;
  if (label === undefined) return sql`image_summaries s where ${imageConditions(filter)}`;
  const observed = observationsWithLabel(label, filter);
  if (usesOnly(filter, OBSERVATION_PROPERTIES)) return observed;
  return sql`(select o.image_id as observed_id from ${observed}) o join image_summaries s on s.image_id = o.observed_id
    where ${imageConditionsExceptLabel(filter)}`;
}

function selectSum(filter: ImageFilter): RawBuilder<Counted> {
  const { projectId, deploymentId, locationId, category, reviewed } = filter;
  const hours = hoursInRange(filter);
  const conditions: RawBuilder<unknown>[] = [sql`true`];
  if (projectId !== undefined) conditions.push(sql`project_id = ${projectId}`);
  if (deploymentId !== undefined) conditions.push(sql`deployment_id = ${deploymentId}`);
  if (locationId !== undefined)
    conditions.push(sql`deployment_id in (select id from deployments where location_id = ${locationId})`);
  if (category !== undefined) conditions.push(category === 'blank' ? sql`blank` : sql.ref(`has_${category}`));
  if (hours !== null) conditions.push(sql`local_hour = any(${hours}::smallint[])`);
  if (reviewed !== undefined) conditions.push(sql`reviewed = ${reviewed}`);
  return sql<Counted>`select coalesce(sum(count), 0)::int as images, count(*)::int as rows from image_counts_by_hour
    where ${sql.join(conditions, sql` and `)}`;
}
