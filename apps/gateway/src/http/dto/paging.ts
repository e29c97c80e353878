import type { EventOrder, ImageSort, ReviewQueue } from '@pugmark/db';
import { unprocessable } from '../http-problem';
import type { JsonType } from '../operation';
import type { DtoClass } from '../schema';
import { Description, OptionalNotNull, QueryId, QueryInteger, TextLike } from './fields';

/** Adds `?limit=&cursor=` to a query class. */
export function Paged<Query extends new () => object>(query: Query) {
  class PagedQuery extends (query as new () => object) {
    // 25 fits a screen; the cost of an image page grows with its rows (docs/performance.md).
    @QueryInteger(1, 200)
    readonly limit: number = 25;

    @Description('`nextCursor` of the previous page.')
    @OptionalNotNull()
    // Buffer.from skips characters that are not base64url; a damaged cursor must not be taken for another one.
    @TextLike(/^[A-Za-z0-9_-]+$/, 8_000, 'the nextCursor of a page')
    readonly cursor?: string;
  }
  return PagedQuery as new () => PagedQuery & InstanceType<Query>;
}

class NoFilter {}

export class PageQuery extends Paged(NoFilter) {}

/** `?projectId=` of lists that belong to a project. */
export class ProjectPageQuery extends PageQuery {
  @QueryId()
  readonly projectId!: number;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Cursor of the next page; null on the last one. */
  readonly nextCursor: string | null;
}

export function pageTypeOf<Item extends object>(type: DtoClass<Item>): JsonType<Page<Item>> {
  return {
    schema: {
      type: 'object',
      properties: {
        items: { type: 'array', items: { $dto: type } },
        nextCursor: { type: ['string', 'null'], description: 'Cursor of the next page; null on the last one.' },
      },
      required: ['items', 'nextCursor'],
      additionalProperties: false,
    },
  };
}

/** The list that a cursor belongs to: a cursor of another list is rejected. */
export type ListName =
  | 'projects'
  | 'deployments'
  | 'locations'
  | 'taxa'
  | 'ingest_files'
  | 'runs'
  | 'compared_images'
  | 'images'
  | `images ${ImageSort}`
  | 'reviews'
  | `review_queue ${ReviewQueue}`
  | 'exports'
  | 'keys'
  | 'audit'
  | 'incidents'
  | `events ${EventOrder}`
  | 'sequences'
  | 'static_detections'
  | 'bulk_changes';

/** One page of `limit + 1` rows: the extra row only shows that another page follows. */
export function pageOf<Row, Item>(
  list: ListName,
  rows: readonly Row[],
  limit: number,
  position: (row: Row) => Position,
  toItem: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(toItem),
    nextCursor: rows.length > limit && last !== undefined ? encodeCursor(list, position(last)) : null,
  };
}

type Position = number | string | readonly [value: number | string, id: number];

export function encodeCursor(list: ListName, position: Position): string {
  return Buffer.from(JSON.stringify([list, position])).toString('base64url');
}

/** The id to start after; 0 without a cursor. Throws a 422 for an invalid cursor of this list. */
export function afterId(list: ListName, cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const position = decodeCursor(list, cursor);
  if (!Number.isSafeInteger(position) || (position as number) < 1) throw badCursor();
  return position as number;
}

/** The text to start after; empty without a cursor. */
export function afterText(list: ListName, cursor: string | undefined): string {
  if (cursor === undefined) return '';
  const position = decodeCursor(list, cursor);
  if (typeof position !== 'string' || position.includes('\0')) throw badCursor();
  return position;
}

/** Position in a list sorted by a value and then by id; null without a cursor. */
export function afterPosition(
  list: string,
  type: 'number' | 'string',
  cursor: string | undefined,
): { readonly value: number | string; readonly id: number } | null {
  if (cursor === undefined) return null;
  const place = decodeCursor(list, cursor);
  if (!Array.isArray(place) || place.length !== 2) throw badCursor();
  const [value, id] = place as unknown[];
  const isTime =
    typeof value === 'string' && !Number.isNaN(new Date(value).getTime()) && new Date(value).toISOString() === value;
  const isValue = type === 'number' ? Number.isFinite(value) : isTime;
  if (!isValue || !Number.isSafeInteger(id) || (id as number) < 0) throw badCursor();
  return { value: value as number | string, id: id as number };
}

/** Microseconds since 1970; the largest exact integer, in the year 2255. Rows without a time sort last. */
const MAX_TIME = Number.MAX_SAFE_INTEGER;

/** Position in a list sorted by time; null without a cursor. */
export function afterTime(
  list: ListName,
  cursor: string | undefined,
): { readonly at: number | null; readonly id: number } | null {
  const place = afterPosition(list, 'number', cursor);
  if (place === null) return null;
  if (!Number.isSafeInteger(place.value)) throw badCursor();
  return { at: place.value === MAX_TIME ? null : (place.value as number), id: place.id };
}

/** Position of a row in a list sorted by time; its time in microseconds since 1970, or null. */
export function timePosition({ at, id }: { readonly at: number | null; readonly id: number }): Position {
  return [at ?? MAX_TIME, id];
}

function decodeCursor(list: string, cursor: string): unknown {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(decoded) && decoded.length === 2 && decoded[0] === list) return decoded[1];
  } catch {
    // Not JSON: falls through to the common error.
  }
  throw badCursor();
}

function badCursor(): Error {
  return unprocessable('bad_cursor', 'cursor', 'cursor does not belong to this list: start again without it');
}
