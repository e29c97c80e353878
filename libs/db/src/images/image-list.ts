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
/** `-` means descending. By time or confidence, images without one are not listed. */
export type ImageSort = (typeof IMAGE_SORTS)[number];

/** Position in the list: the value that it is sorted by (the id if sorted by `id`), and the id. A time is ISO 8601. */
export interface ImagePosition {
  readonly value: number | string;
  readonly id: number;
}

export interface ListedImage {
  readonly image: ImageDetails;
  /** In the requested order. */
  readonly position: ImagePosition;
}

type SortKey = 'id' | 'capturedAt' | 'confidence';

const COLUMNS: Readonly<Record<SortKey, { readonly name: string; readonly type: RawBuilder<unknown> }>> = {
  id: { name: 'image_id', type: sql`bigint` },
  capturedAt: { name: 'captured_at', type: sql`timestamptz` },
  confidence: { name: 'confidence', type: sql`real` },
};

/** Sets of filter properties for which the best plan is the same whatever their values are. */
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
/** The same for a list by time, whose index can start at a time. */
const PREPARED_FILTERS_BY_TIME = toSets(
  ['projectId', 'category', 'deploymentId', 'capturedFrom', 'capturedTo'],
  ['projectId', 'category', 'label', 'capturedFrom', 'capturedTo'],
);

function toSets(...names: readonly (keyof ImageFilter)[][]): readonly ReadonlySet<string>[] {
  return names.map((together) => new Set(together));
}

/**
 * Lists images with their detections at or above the threshold, after a position. The usual filters use one prepared
 * statement; for others Postgres must see the values to choose a plan, and only the details are prepared.
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
  // The limit is a literal: for an unknown limit Postgres would expect many rows, and sort them.
  const page = selectPage(filter, after, sql.lit(limit), sort);
  const { rows } = await sql<DetailsRow<number | Date>>`
    ${PREPARED} with page as materialized (${page}) ${selectDetails(sql`(select image_id, value from page)`, filter)}
      order by requested.value ${direction}, requested.id ${direction}`.execute(db);
  return rows.map((row) => ({ image: toImageDetails(row), position: positionOf(row.value, row.id) }));
}

function positionOf(value: number | Date, id: number): ImagePosition {
  return { value: value instanceof Date ? value.toISOString() : value, id };
}

function directionOf(sort: ImageSort): RawBuilder<unknown> {
  return sort.startsWith('-') ? sql`desc` : sql`asc`;
}

/**
 * Selects the ids of one page, with the values that it is sorted by. Each form reads along an index that has the
 * requested order, if there is one.
 */
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
        : sql`and (${column}, ${id}) ${sort.startsWith('-') ? sql`<` : sql`>`} (${after.value}::${COLUMNS[key].type},
          ${after.id}::bigint)`;
    return sql`and ${column} is not null ${beyond} order by ${column} ${direction}, ${id} ${direction} limit ${limit}`;
  };
  const columns = (table: 's' | 'o') =>
    sql`${sql.ref(`${table}.image_id`)}, ${sql.ref(`${table}.${COLUMNS[key].name}`)} as value`;
  if (label !== undefined) {
    const labelled = sql`(select * from ${distinctObservationsWithLabel(label, filter)}) o`;
    // Without the summaries: to plan with their many indexes takes longer than to read such a page.
    if (usesOnly(filter, OBSERVATION_PROPERTIES))
      return sql`select ${columns('o')} from ${labelled} where true ${end('o')}`;
    return sql`select ${columns('o')} from image_summaries s join ${labelled} on o.image_id = s.image_id
      where ${imageConditionsExceptLabel(filter)} ${end('o')}`;
  }
  // An effective observation of at least that confidence implies this condition: repeated for the index by confidence.
  const sameConfidence =
    key === 'confidence' &&
    filter.runId === undefined &&
    filter.category !== 'blank' &&
    filter.minConfidence !== undefined
      ? sql`and s.confidence >= ${filter.minConfidence}::real`
      : sql``;
  if (locationId === undefined || deploymentId !== undefined)
    return sql`select ${columns('s')} from image_summaries s
      where ${imageConditions(filter)} ${sameConfidence} ${end('s')}`;
  // The first rows of each deployment of the location, then the first of these.
  return sql`
    select page.* from (select id from deployments where location_id = ${locationId}) place
    cross join lateral (select ${columns('s')} from image_summaries s
      where s.deployment_id = place.id and ${imageConditions(rest)} ${sameConfidence} ${end('s')}) page
    order by page.value ${direction}, page.image_id ${direction} limit ${limit}`;
}
