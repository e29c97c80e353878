import { sql, type RawBuilder } from 'kysely';
import type { Executor } from '../connection/database';
import { PREPARED } from '../connection/prepared-statements';
import { selectDetails, toImageDetails, findImageDetails, type DetailsRow, type ImageDetails } from './image-details';
import {
  OBSERVATION_PROPERTIES,
  imageConditionsExceptLabel,
  imageConditions,
  distinctObservationsWithLabel,
  type ImageFilter,
} from './image-filter';
import { usesOnly } from '../observations/observation-filter';

export const IMAGE_SORTS = ['id', '-id', 'capturedAt', '-capturedAt', 'confidence', '-confidence'] as const;
/** A `-` is downwards. By time or confidence, images without one are not listed. */
export type ImageSort = (typeof IMAGE_SORTS)[number];

/** Where an image stands: what it is sorted by, of `id` the id, and which one it is. A time is ISO 8601. */
export interface ImagePosition {
  readonly value: number | string;
  readonly id: number;
}

export interface ListedImage {
  readonly image: ImageDetails;
  /** In the list that was asked for. */
  readonly position: ImagePosition;
}

type SortKey = 'id' | 'capturedAt' | 'confidence';

const COLUMNS: Readonly<Record<SortKey, { readonly name: string; readonly type: RawBuilder<unknown> }>> = {
  id: { name: 'image_id', type: sql`bigint` },
  capturedAt: { name: 'captured_at', type: sql`timestamptz` },
  confidence: { name: 'confidence', type: sql`real` },
};

/** Properties by which, together, the way through the indexes is the same whatever their values are. */
const PREPARED_FILTERS = toSets(
  [
    'projectId',
    'category',
    'deploymentId',
    'locationId',
    'ingestId',
    'reviewed',
    'hourFrom',
    'hourTo',
    'status',
    'timeIssue',
  ],
  ['projectId', 'category', 'label', 'reviewed', 'hourFrom', 'hourTo'],
  ['projectId', 'category', 'runId'],
);
/** The same in a list by time, whose own index begins where a time does. */
const PREPARED_FILTERS_BY_TIME = toSets(
  ['projectId', 'category', 'deploymentId', 'capturedFrom', 'capturedTo'],
  ['projectId', 'category', 'label', 'capturedFrom', 'capturedTo'],
);

function toSets(...names: readonly (keyof ImageFilter)[][]): readonly ReadonlySet<string>[] {
  return names.map((together) => new Set(together));
}

/**
 * Images with what was found in them at or above the threshold, those after a position. The usual lists are one statement that is planned
 * once; for others Postgres must see the values to choose its way to the page, and only the details are.
 */
export async function listImages(
  db: Executor,
  filter: ImageFilter,
  after: ImagePosition | null,
  limit: number,
  sort: ImageSort = 'id',
): Promise<ListedImage[]> {
  const plain = sort.endsWith('capturedAt') ? [...PREPARED_FILTERS, ...PREPARED_FILTERS_BY_TIME] : PREPARED_FILTERS;
  if (plain.some((properties) => usesOnly(filter, properties))) return listPrepared(db, filter, after, limit, sort);
  const { rows: page } = await sql<{
    image_id: number;
    value: number | Date;
  }>`${selectPage(filter, after, sql`${limit}`, sort)}`.execute(db);
  const details = await findImageDetails(
    db,
    page.map((row) => row.image_id),
    filter,
  );
  return page.flatMap(({ image_id: id, value }) => {
    const image = details.get(id);
    return image === undefined ? [] : [{ image, position: positionOf(value, id) }];
  });
}

async function listPrepared(
  db: Executor,
  filter: ImageFilter,
  after: ImagePosition | null,
  limit: number,
  sort: ImageSort,
): Promise<ListedImage[]> {
  const direction = directionOf(sort);
  // The limit stands in the statement itself: of one that it does not know Postgres expects many rows, and would sort them.
  const page = selectPage(filter, after, sql.lit(limit), sort);
  const { rows } = await sql<DetailsRow<number | Date>>`
    ${PREPARED} with page as materialized (${page}) ${selectDetails(sql`(select image_id, value from page)`, filter)} order by asked.value ${direction}, asked.id ${direction}`.execute(
    db,
  );
  return rows.map((row) => ({ image: toImageDetails(row), position: positionOf(row.value, row.id) }));
}

function positionOf(value: number | Date, id: number): ImagePosition {
  return { value: value instanceof Date ? value.toISOString() : value, id };
}

function directionOf(sort: ImageSort): RawBuilder<unknown> {
  return sort.startsWith('-') ? sql`desc` : sql`asc`;
}

/** Ids of the images of one page, with what they are sorted by. Each form reads along an index that has the order already, where there is one. */
function selectPage(
  filter: ImageFilter,
  after: ImagePosition | null,
  limit: RawBuilder<unknown>,
  sort: ImageSort,
): RawBuilder<unknown> {
  const { label, locationId, deploymentId, ...rest } = filter;
  const key = sort.replace('-', '') as SortKey;
  const direction = directionOf(sort);
  const end = (table: 's' | 'o') => {
    const column = sql.ref(`${table}.${COLUMNS[key].name}`);
    const id = sql.ref(`${table}.image_id`);
    const beyond =
      after === null
        ? sql``
        : sql`and (${column}, ${id}) ${sort.startsWith('-') ? sql`<` : sql`>`} (${after.value}::${COLUMNS[key].type}, ${after.id}::bigint)`;
    return sql`and ${column} is not null ${beyond} order by ${column} ${direction}, ${id} ${direction} limit ${limit}`;
  };
  const columns = (table: 's' | 'o') =>
    sql`${sql.ref(`${table}.image_id`)}, ${sql.ref(`${table}.${COLUMNS[key].name}`)} as value`;
  if (label !== undefined) {
    const called = sql`(select * from ${distinctObservationsWithLabel(label, filter)}) o`;
    // Without the summaries, whose many indexes take longer to choose among than such a page to find.
    if (usesOnly(filter, OBSERVATION_PROPERTIES))
      return sql`select ${columns('o')} from ${called} where true ${end('o')}`;
    return sql`select ${columns('o')} from image_summaries s join ${called} on o.image_id = s.image_id where ${imageConditionsExceptLabel(filter)} ${end('o')}`;
  }
  // What counts and is as sure counts for its confidence: said again for the index by it.
  const sure =
    key === 'confidence' &&
    filter.runId === undefined &&
    filter.category !== 'blank' &&
    filter.minConfidence !== undefined
      ? sql`and s.confidence >= ${filter.minConfidence}::real`
      : sql``;
  if (locationId === undefined || deploymentId !== undefined)
    return sql`select ${columns('s')} from image_summaries s where ${imageConditions(filter)} ${sure} ${end('s')}`;
  // The first of each deployment of the location, and of these the first.
  return sql`
    select one.* from (select id from deployments where location_id = ${locationId}) place
    cross join lateral (select ${columns('s')} from image_summaries s where s.deployment_id = place.id and ${imageConditions(rest)} ${sure} ${end('s')}) one
    order by one.value ${direction}, one.image_id ${direction} limit ${limit}`;
}
