import { sql, type RawBuilder } from 'kysely';
import type { Counts } from '../statistics/statistics-cache';
import { OBSERVED, conditionsBesideLabel, imageConditions, observationsNamed, type ImageFilter } from './image-filter';
import { asksOnlyFor, hoursOf } from '../observations/observation-filter';

/** Counted one by one no further than this. */
export const MOST_COUNTED = 100_000;
/** What a run's model said of an image must be looked up for each. */
export const MOST_JUDGED = 1_000;

export interface ImageCount {
  readonly count: number;
  /** False: there are more. */
  readonly exact: boolean;
}

/** The properties of a filter that `image_counts` knows; any other one has images counted one by one. */
const SUMMED: ReadonlySet<string> = new Set<keyof ImageFilter>([
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
export async function countImages(counts: Counts, filter: ImageFilter): Promise<ImageCount> {
  if (asksOnlyFor(filter, SUMMED)) return { count: (await count(counts, filter, summed(filter))).images, exact: true };
  const most = filter.runId === undefined ? MOST_COUNTED : MOST_JUDGED;
  // By label an image may come twice, when it is called the same in two categories.
  const different = filter.label === undefined ? sql`count(*)` : sql`count(distinct image_id)`;
  const { images, rows } = await count(
    counts,
    filter,
    sql<Counted>`select ${different}::int as images, count(*)::int as rows from (select image_id from ${those(filter)} limit ${most + 1}) counted`,
  );
  return { count: Math.min(images, most), exact: rows <= most };
}

interface Counted {
  readonly images: number;
  readonly rows: number;
}

/** What is counted of tasks is not kept: they change all the time, and tell nobody. */
async function count(
  counts: Counts,
  { projectId, runId, state }: ImageFilter,
  query: RawBuilder<Counted>,
): Promise<Counted> {
  const isKept = projectId !== undefined && runId === undefined && state === undefined;
  const rows = isKept ? await counts.rows(projectId, query) : (await query.execute(counts.db)).rows;
  return rows[0]!;
}

function those(filter: ImageFilter): RawBuilder<unknown> {
  const { label } = filter;
  if (label === undefined) return sql`image_summaries s where ${imageConditions(filter)}`;
  const observed = observationsNamed(label, filter);
  if (asksOnlyFor(filter, OBSERVED)) return observed;
  return sql`(select o.image_id as seen from ${observed}) o join image_summaries s on s.image_id = o.seen where ${conditionsBesideLabel(filter)}`;
}

function summed(filter: ImageFilter): RawBuilder<Counted> {
  const { projectId, deploymentId, locationId, category, reviewed } = filter;
  const hours = hoursOf(filter);
  const conditions: RawBuilder<unknown>[] = [sql`true`];
  if (projectId !== undefined) conditions.push(sql`project_id = ${projectId}`);
  if (deploymentId !== undefined) conditions.push(sql`deployment_id = ${deploymentId}`);
  if (locationId !== undefined)
    conditions.push(sql`deployment_id in (select id from deployments where location_id = ${locationId})`);
  if (category !== undefined) conditions.push(category === 'blank' ? sql`blank` : sql.ref(`has_${category}`));
  if (hours !== null) conditions.push(sql`local_hour = any(${hours}::smallint[])`);
  if (reviewed !== undefined) conditions.push(sql`reviewed = ${reviewed}`);
  return sql<Counted>`select coalesce(sum(count), 0)::int as images, count(*)::int as rows from image_counts where ${sql.join(conditions, sql` and `)}`;
}
