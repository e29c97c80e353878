import { sql, type RawBuilder } from 'kysely';
import type { Category } from '@pugmark/domain';
import type { StatisticsCache } from '../statistics/statistics-cache';
import type { Executor } from '../connection/database';
import { hoursInRange, type ObservationFilter } from '../observations/observation-filter';

/** `events`: possibly misclassified. `blanks`: possibly missed animals. */
export const REVIEW_QUEUES = ['events', 'blanks'] as const;
export type ReviewQueue = (typeof REVIEW_QUEUES)[number];

/** An absent property does not filter. Events are filtered by the time of their first image. */
export interface ReviewQueueFilter extends Omit<ObservationFilter, 'projectId' | 'category' | 'reviewed'> {
  readonly projectId: number;
  /** Of a blank: the category with the highest confidence. */
  readonly category?: Category;
}

export interface ReviewQueueRow {
  /** Id of the event, or of the image if it is a blank. */
  readonly id: number;
  /** The image to review. */
  readonly imageId: number;
  readonly deploymentId: number | null;
  readonly category: Category;
  /** The highest confidence; of a blank below the threshold. */
  readonly confidence: number;
  readonly images: number;
  readonly individuals: number;
  readonly startsAt: Date | null;
  readonly endsAt: Date | null;
}

/** The last row of the previous page. */
export interface ReviewQueuePosition {
  readonly confidence: number;
  readonly id: number;
}

/**
 * Lists what is most worth a review first: events without a review, in ascending order of confidence; or
 * blanks, in descending order.
 */
export async function listReviewQueue(
  db: Executor,
  queue: ReviewQueue,
  filter: ReviewQueueFilter,
  after: ReviewQueuePosition | null,
  limit: number,
): Promise<ReviewQueueRow[]> {
  const { rows } = await (
    queue === 'events' ? selectEvents(filter, after, limit) : selectBlanks(filter, after, limit)
  ).execute(db);
  return rows;
}

/** Counts all rows of the queue. */
export async function countReviewQueue(
  cache: StatisticsCache,
  queue: ReviewQueue,
  filter: ReviewQueueFilter,
): Promise<number> {
  const source =
    queue === 'events'
      ? sql`events e where ${sql.join(eventConditions(filter), AND)}`
      : sql`image_summaries s where ${sql.join(blankConditions(filter), AND)}`;
  const rows = await cache.rows(filter.projectId, sql<{ count: number }>`select count(*)::int as count from ${source}`);
  return rows[0]?.count ?? 0;
}

const AND = sql` and `;

function selectEvents(
  filter: ReviewQueueFilter,
  after: ReviewQueuePosition | null,
  limit: number,
): RawBuilder<ReviewQueueRow> {
  const conditions = eventConditions(filter);
  if (after !== null) conditions.push(sql`(e.confidence, e.id) > (${after.confidence}::real, ${after.id}::bigint)`);
  return sql<ReviewQueueRow>`
    select e.id, e.best_image_id as "imageId", e.deployment_id as "deploymentId", e.category, e.confidence, e.images,
      e.individuals,
      e.starts_at as "startsAt", e.ends_at as "endsAt"
    from events e where ${sql.join(conditions, AND)} order by e.confidence, e.id limit ${limit}`;
}

function selectBlanks(
  filter: ReviewQueueFilter,
  after: ReviewQueuePosition | null,
  limit: number,
): RawBuilder<ReviewQueueRow> {
  const conditions = blankConditions(filter);
  if (after !== null)
    conditions.push(
      sql`s.max_confidence <= ${after.confidence}::real`,
      sql`(s.max_confidence < ${after.confidence}::real or s.image_id > ${after.id})`,
    );
  return sql<ReviewQueueRow>`
    select s.image_id as id, s.image_id as "imageId", s.deployment_id as "deploymentId",
      case s.max_confidence when s.animal then 'animal' when s.person then 'person' else 'vehicle' end as category,
        s.max_confidence as confidence,
      1 as images, 0 as individuals, s.captured_at as "startsAt", s.captured_at as "endsAt"
    from image_summaries s where ${sql.join(conditions, AND)}
      order by s.max_confidence desc, s.image_id limit ${limit}`;
}

function eventConditions(filter: ReviewQueueFilter): RawBuilder<unknown>[] {
  const conditions = [
    sql`e.label is null`,
    sql`not e.reviewed`,
    ...commonConditions(filter, 'e', sql`e.starts_at`, sql`extract(hour from e.local_start)`),
  ];
  if (filter.category !== undefined) conditions.push(sql`e.category = ${filter.category}`);
  if (filter.label !== undefined) conditions.push(hasLabel(filter.label));
  if (filter.minConfidence !== undefined) conditions.push(sql`e.confidence >= ${filter.minConfidence}::real`);
  return conditions;
}

/** The event of a category contains an event of this label. */
function hasLabel(label: string): RawBuilder<unknown> {
  return sql`exists (
    select 1 from events named
    where named.project_id = e.project_id and named.category = e.category and named.label = ${label}
      and (named.first_image_id = e.first_image_id or named.deployment_id = e.deployment_id
        and named.starts_at between e.starts_at and e.ends_at))`;
}

function blankConditions(filter: ReviewQueueFilter): RawBuilder<unknown>[] {
  const conditions = [
    sql`s.blank`,
    sql`s.review_id is null`,
    sql`s.max_confidence is not null`,
    ...commonConditions(filter, 's', sql`s.captured_at`, sql`s.local_hour`),
  ];
  if (filter.category !== undefined) conditions.push(sql`${sql.ref(`s.${filter.category}`)} = s.max_confidence`);
  if (filter.minConfidence !== undefined) conditions.push(sql`s.max_confidence >= ${filter.minConfidence}::real`);
  return conditions;
}

function commonConditions(
  filter: ReviewQueueFilter,
  table: 'e' | 's',
  at: RawBuilder<unknown>,
  hour: RawBuilder<unknown>,
): RawBuilder<unknown>[] {
  const conditions = [sql`${sql.ref(`${table}.project_id`)} = ${filter.projectId}`];
  const deployment = sql.ref(`${table}.deployment_id`);
  if (filter.deploymentId !== undefined) conditions.push(sql`${deployment} = ${filter.deploymentId}`);
  if (filter.locationId !== undefined)
    conditions.push(sql`${deployment} in (select id from deployments where location_id = ${filter.locationId})`);
  if (filter.capturedFrom !== undefined) conditions.push(sql`${at} >= ${filter.capturedFrom}`);
  if (filter.capturedTo !== undefined) conditions.push(sql`${at} < ${filter.capturedTo}`);
  const hours = hoursInRange(filter);
  if (hours !== null) conditions.push(sql`${hour} = any(${hours}::int[])`);
  return conditions;
}
