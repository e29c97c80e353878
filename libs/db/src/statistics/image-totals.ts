import { sql, type RawBuilder } from 'kysely';
import type { StatisticsCache } from './statistics-cache';
import { placeConditions, type EventFilter } from '../events/event-filter';
import { imageConditions } from '../images/image-filter';
import { hoursInRange } from '../observations/observation-filter';

const DAY_MS = 86_400_000;

/** `processed`, `pending` and `failed` add up to all images; the others overlap. */
export interface ImageTotals {
  readonly images: number;
  readonly processed: number;
  readonly pending: number;
  readonly failed: number;
  readonly blank: number;
  readonly animal: number;
  readonly person: number;
  readonly vehicle: number;
  readonly reviewed: number;
  readonly withoutTime: number;
  readonly detections: number;
}

/** The filter properties that the counts have. */
export type ImageTotalsFilter = Omit<EventFilter, 'label' | 'minConfidence'>;

/**
 * Counts the images that pass the filter by their properties, in one statement. By place, category, hour and review, or
 * by time instead of the hour, counts are summed; hours within a span of time are counted image by image.
 */
export async function readImageTotals(cache: StatisticsCache, filter: ImageTotalsFilter): Promise<ImageTotals> {
  const rows = await cache.rows(
    filter.projectId,
    sql<ImageTotals>`
    with part as (${sql.join(selectParts(filter), sql` union all `)}), total as (
      select coalesce(sum(count), 0)::bigint as images, coalesce(sum(detections), 0)::bigint as detections,
        ${sumOfFlag('processed')}, ${sumOfFlag('blank')},
        ${sumOfFlag('has_animal')}, ${sumOfFlag('has_person')}, ${sumOfFlag('has_vehicle')}, ${sumOfFlag('reviewed')},
          ${sumOfFlag('timeless')}
      from part
    ), failed as (select count(*) as images from image_summaries s
      where ${imageConditions({ ...filter, status: 'failed' })})
    select total.images, processed, total.images - processed - failed.images as pending, failed.images as failed,
      blank, has_animal as animal,
      has_person as person, has_vehicle as vehicle, reviewed, timeless as "withoutTime", detections
    from total, failed`,
  );
  return rows[0]!;
}

function sumOfFlag(flag: string): RawBuilder<unknown> {
  return sql`coalesce(sum(count) filter (where ${sql.ref(flag)}), 0)::bigint as ${sql.ref(flag)}`;
}

/** Queries with the same columns, of counts or of images. */
function selectParts(filter: ImageTotalsFilter): RawBuilder<unknown>[] {
  const { capturedFrom, capturedTo } = filter;
  const inHours = hoursInRange(filter) !== null;
  const inTime = capturedFrom !== undefined || capturedTo !== undefined;
  if (inHours && inTime) return [selectSummaries(filter)];
  return inHours ? [selectHourlyCounts(filter)] : selectDailyCounts(filter);
}

function selectSummaries(filter: ImageTotalsFilter): RawBuilder<unknown> {
  return sql`
    select 1 as count, detections, processed, blank, has_animal, has_person, has_vehicle, review_id is not null
      as reviewed, captured_at is null as timeless
    from image_summaries s where ${imageConditions(filter)}`;
}

function selectHourlyCounts(filter: ImageTotalsFilter): RawBuilder<unknown> {
  return selectCounts(sql`image_counts_by_hour`, sql`not has_time`, filter, [
    sql`c.local_hour = any(${hoursInRange(filter)}::smallint[])`,
  ]);
}

/** The whole UTC days of the filter, and the images of the incomplete days at both ends. */
function selectDailyCounts(filter: ImageTotalsFilter): RawBuilder<unknown>[] {
  const from = filter.capturedFrom?.getTime();
  const to = filter.capturedTo?.getTime();
  const firstDay = from === undefined ? undefined : Math.ceil(from / DAY_MS) * DAY_MS;
  const endDay = to === undefined ? undefined : Math.floor(to / DAY_MS) * DAY_MS;
  if (firstDay !== undefined && endDay !== undefined && firstDay >= endDay) return [selectSummaries(filter)];
  const days = [
    ...(firstDay === undefined ? [] : [sql`c.day >= ${dayOf(firstDay)}::date`]),
    ...(endDay === undefined ? [] : [sql`c.day < ${dayOf(endDay)}::date`]),
  ];
  return [
    selectCounts(sql`image_counts_by_day`, sql`day is null`, filter, days),
    ...(from === firstDay ? [] : [selectSummaries({ ...filter, capturedTo: new Date(firstDay!) })]),
    ...(to === endDay ? [] : [selectSummaries({ ...filter, capturedFrom: new Date(endDay!) })]),
  ];
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

function selectCounts(
  table: RawBuilder<unknown>,
  timeless: RawBuilder<unknown>,
  filter: ImageTotalsFilter,
  more: readonly RawBuilder<unknown>[],
): RawBuilder<unknown> {
  const { projectId, category, reviewed } = filter;
  const conditions = [sql`c.project_id = ${projectId}`, ...placeConditions(filter, sql`c.deployment_id`), ...more];
  if (category !== undefined) conditions.push(sql.ref(`c.has_${category}`));
  if (reviewed !== undefined) conditions.push(sql`c.reviewed = ${reviewed}`);
  return sql`
    select count, detections, processed, blank, has_animal, has_person, has_vehicle, reviewed, ${timeless} as timeless
    from ${table} c where ${sql.join(conditions, sql` and `)}`;
}
