import { sql, type RawBuilder } from 'kysely';
import type { Category } from '@pugmark/domain';
import type { Executor } from '../connection/database';
import { PREPARED } from '../connection/prepared-statements';
import { instantAt, microsecondsOf } from '../sql/microseconds';
import { eventConditions, type EventFilter, type EventKind } from './event-filter';
import { usesOnly } from '../observations/observation-filter';

export interface ListedEvent {
  readonly id: number;
  readonly projectId: number;
  readonly deploymentId: number | null;
  readonly deploymentName: string | null;
  readonly locationId: number | null;
  readonly locationName: string | null;
  readonly category: Category;
  readonly label: string | null;
  readonly startsAt: Date | null;
  readonly endsAt: Date | null;
  readonly localStart: string | null;
  readonly solarHour: number | null;
  readonly images: number;
  readonly individuals: number;
  readonly confidence: number;
  readonly reviewed: boolean;
  readonly firstImageId: number;
  readonly bestImageId: number;
  /** The start in microseconds since 1970: part of the position in the list. */
  readonly at: number | null;
}

/** Position in the list: after the event with this id that starts at this time, or without a time. */
export type EventPosition = Pick<ListedEvent, 'id' | 'at'>;

export type EventOrder = 'start' | '-start';

type Page = {
  readonly kind: EventKind;
  readonly order: EventOrder;
  readonly after: EventPosition | null;
  readonly limit: number;
};

/** Filter properties for which the best plan is the same whatever their values are. */
const PREPARED_PROPERTIES: ReadonlySet<string> = new Set<keyof EventFilter>([
  'projectId',
  'category',
  'label',
  'deploymentId',
  'locationId',
  'reviewed',
]);

/**
 * Lists events in order of their start, or in descending order (`-start`); events without a known time come last in
 * both.
 */
export async function listEvents(
  db: Executor,
  filter: EventFilter,
  { kind, order, after, limit }: Page,
): Promise<ListedEvent[]> {
  // Two statements, each of which reads along an index, and can start in the middle of it. Most pages need only the
  // first.
  const timed =
    after !== null && after.at === null ? [] : await listWithTime(db, filter, { kind, order, after, limit });
  if (timed.length === limit) return timed;
  return [
    ...timed,
    ...(await listWithoutTime(db, filter, kind, after?.at === null ? after.id : 0, limit - timed.length)),
  ];
}

async function listWithTime(
  db: Executor,
  filter: EventFilter,
  { kind, order, after, limit }: Page,
): Promise<ListedEvent[]> {
  const { locationId, deploymentId, ...rest } = filter;
  const [direction, beyond] = order === 'start' ? [sql`asc`, sql`>`] : [sql`desc`, sql`<`];
  const goesOn =
    after === null || after.at === null
      ? sql`true`
      : sql`(e.starts_at, e.id) ${beyond} (${instantAt(after.at)}, ${after.id})`;
  const inOrder = sql`order by e.starts_at ${direction}, e.id ${direction} limit ${sql.lit(limit)}`;
  const chosen = (conditions: EventFilter, where: RawBuilder<unknown>) =>
    sql`select e.* from events e where ${where} ${eventConditions(conditions, kind)} and e.starts_at is not null
      and ${goesOn} ${inOrder}`;
  const page =
    locationId === undefined || deploymentId !== undefined
      ? chosen(filter, sql``)
      : // The first rows of each deployment of the location, then the first of these.
        sql`select e.* from (select id from deployments where location_id = ${locationId}) place
          cross join lateral (${chosen(rest, sql`e.deployment_id = place.id and`)}) e ${inOrder}`;
  const prepared = usesOnly(filter, PREPARED_PROPERTIES) ? PREPARED : sql``;
  const { rows } = await sql<ListedEvent>`
    ${prepared} ${selectColumns(sql`(${page})`)} ${inOrder}`.execute(db);
  return rows;
}

async function listWithoutTime(
  db: Executor,
  filter: EventFilter,
  kind: EventKind,
  after: number,
  limit: number,
): Promise<ListedEvent[]> {
  const { rows } = await sql<ListedEvent>`
    ${selectColumns(sql`events`)} where ${eventConditions(filter, kind)} and e.starts_at is null and e.id > ${after}
      order by e.id limit ${limit}`.execute(db);
  return rows;
}

export async function findListedEvent(db: Executor, id: number): Promise<ListedEvent | null> {
  const { rows } = await sql<ListedEvent>`${selectColumns(sql`events`)} where e.id = ${id}`.execute(db);
  return rows[0] ?? null;
}

function selectColumns(source: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    select e.id, e.project_id as "projectId", e.deployment_id as "deploymentId", d.name as "deploymentName", l.id
      as "locationId", l.name as "locationName",
      e.category, e.label, e.starts_at as "startsAt", e.ends_at as "endsAt", e.local_start as "localStart",
        e.solar_hour as "solarHour", e.images, e.individuals,
      e.confidence, e.reviewed, e.first_image_id as "firstImageId", e.best_image_id as "bestImageId",
        ${microsecondsOf(sql`e.starts_at`)} as at
    from ${source} e left join deployments d on d.id = e.deployment_id left join locations l on l.id = d.location_id`;
}
