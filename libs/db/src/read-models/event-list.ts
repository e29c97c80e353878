import { sql, type RawBuilder } from 'kysely';
import type { Category } from '@pugmark/domain';
import type { Executor } from '../database';
import { instantAt, microsecondsOf } from '../sql/microseconds';
import { chosenEvents, type EventFilter, type EventKind } from './event-filter';

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
  /** Of the start, in microseconds since 1970: where the list goes on after it. */
  readonly at: number | null;
}

/** Where the list goes on: after the event of this id that starts at this time, or at none. */
export type EventPosition = Pick<ListedEvent, 'id' | 'at'>;

export type EventOrder = 'start' | '-start';

/** In order of their start, or `-start` newest first; in both, events without a known time come last. */
export async function listEvents(
  db: Executor,
  filter: EventFilter,
  { kind, order, after, limit }: { readonly kind: EventKind; readonly order: EventOrder; readonly after: EventPosition | null; readonly limit: number },
): Promise<ListedEvent[]> {
  const { locationId, deploymentId, ...rest } = filter;
  const chosen = chosenEvents(filter, kind);
  const [way, beyond] = order === 'start' ? [sql`asc`, sql`>`] : [sql`desc`, sql`<`];
  const goesOn = after === null || after.at === null ? sql`true` : sql`(e.starts_at, e.id) ${beyond} (${instantAt(after.at)}, ${after.id})`;
  const inOrder = sql`and e.starts_at is not null and ${goesOn} order by e.starts_at ${way}, e.id ${way} limit ${limit}`;
  const timed =
    locationId === undefined || deploymentId !== undefined
      ? sql`select e.* from events e where ${chosen} ${inOrder}`
      : // The first of each deployment of the location; of these the first are chosen below.
        sql`select one.* from (select id from deployments where location_id = ${locationId}) place
          cross join lateral (select e.* from events e where e.deployment_id = place.id and ${chosenEvents(rest, kind)} ${inOrder}) one`;
  const timeless = sql`select e.* from events e where ${chosen} and e.starts_at is null and e.id > ${after?.at === null ? after.id : 0} order by e.id limit ${limit}`;
  // Two ways through the indexes, each in its order: as one they could not begin in the middle.
  const page = after?.at === null ? sql`(${timeless})` : sql`(${timed}) union all (${timeless})`;
  const { rows } = await sql<ListedEvent>`
    ${columns(sql`(${page})`)}
    order by e.starts_at is null, e.starts_at ${way}, case when e.starts_at is null then e.id end, e.id ${way} limit ${limit}`.execute(db);
  return rows;
}

export async function findListedEvent(db: Executor, id: number): Promise<ListedEvent | null> {
  const { rows } = await sql<ListedEvent>`${columns(sql`events`)} where e.id = ${id}`.execute(db);
  return rows[0] ?? null;
}

function columns(source: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    select e.id, e.project_id as "projectId", e.deployment_id as "deploymentId", d.name as "deploymentName", l.id as "locationId", l.name as "locationName",
      e.category, e.label, e.starts_at as "startsAt", e.ends_at as "endsAt", e.local_start as "localStart", e.solar_hour as "solarHour", e.images, e.individuals,
      e.confidence, e.reviewed, e.first_image_id as "firstImageId", e.best_image_id as "bestImageId", ${microsecondsOf(sql`e.starts_at`)} as at
    from ${source} e left join deployments d on d.id = e.deployment_id left join locations l on l.id = d.location_id`;
}
