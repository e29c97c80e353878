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

/** Counted one by one no further than this. */
export const MAX_COUNTED = 100_000;
/** What a run's model said of an image must be looked up for each. */
export const MAX_COUNTED_OF_RUN = 1_000;

export interface ImageCount {
  readonly count: number;
  /** False: there are more. */
  readonly exact: boolean;
}

/** The properties of a filter that `image_counts_by_hour` knows; any other one has images counted one by one. */
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
 * How many images pass the filter. By project, place, category, hour and review it is a sum, exact however many there are; anything
 * else is counted, and not beyond a bound: who must know whether it is 100,000 or 300,000 asks for less at a time.
 */
export async function countImages(counts: StatisticsCache, filter: ImageFilter): Promise<ImageCount> {
  if (usesOnly(filter, PRECOUNTED_PROPERTIES))
    return { count: (await count(counts, filter, selectSum(filter))).images, exact: true };
  const max = filter.runId === undefined ? MAX_COUNTED : MAX_COUNTED_OF_RUN;
  // By label an image may come twice, when it is called the same in two categories.
  const different = filter.label === undefined ? sql`count(*)` : sql`count(distinct image_id)`;
  const { images, rows } = await count(
    counts,
    filter,
    sql<Counted>`select ${different}::int as images, count(*)::int as rows from (select image_id from ${selectMatching(filter)} limit ${max + 1}) counted`,
  );
  return { count: Math.min(images, max), exact: rows <= max };
}

interface Counted {
  readonly images: number;
  readonly rows: number;
}

/** What is counted of tasks is not kept: they change all the time, and tell nobody. */
async function count(
  counts: StatisticsCache,
  { projectId, runId, state }: ImageFilter,
  query: RawBuilder<Counted>,
): Promise<Counted> {
  const isKept = projectId !== undefined && runId === undefined && state === undefined;
  const rows = isKept ? await counts.rows(projectId, query) : (await query.execute(counts.db)).rows;
  return rows[0]!;
}

function selectMatching(filter: ImageFilter): RawBuilder<unknown> {
  const { label } = filter;
  if (label === undefined) return sql`image_summaries s where ${imageConditions(filter)}`;
  const observed = observationsWithLabel(label, filter);
  if (usesOnly(filter, OBSERVATION_PROPERTIES)) return observed;
  return sql`(select o.image_id as seen from ${observed}) o join image_summaries s on s.image_id = o.seen where ${imageConditionsExceptLabel(filter)}`;
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
  return sql<Counted>`select coalesce(sum(count), 0)::int as images, count(*)::int as rows from image_counts_by_hour where ${sql.join(conditions, sql` and `)}`;
}
