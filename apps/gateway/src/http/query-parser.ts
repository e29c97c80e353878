import type { Request } from 'express';
import { LRUCache } from 'lru-cache';
import { parseDto } from './parse-dto';

/** Cached queries per operation. */
const MAX_CACHED_QUERIES = 100;
/** Maximum length of a cached query text; a cursor can be long and is used once. */
const MAX_CACHED_LENGTH = 500;

/**
 * Parses and validates the queries of an operation. Clients repeat the same few queries, and validating one takes
 * longer than everything else before the database call: results are cached by query text and shared.
 */
export class QueryParser<Query extends object> {
  readonly #type: new () => Query;
  readonly #cached = new LRUCache<string, Readonly<Query>>({ max: MAX_CACHED_QUERIES });

  constructor(type: new () => Query) {
    this.#type = type;
  }

  /** Throws a 400, like `parseDto`. */
  parse(request: Pick<Request, 'url' | 'query'>): Readonly<Query> {
    const text = textOf(request.url);
    const known = this.#cached.get(text);
    if (known !== undefined) return known;
    const query = Object.freeze(parseDto(this.#type, request.query));
    if (text.length > MAX_CACHED_LENGTH) return query;
    this.#cached.set(text, query);
    return query;
  }
}

function textOf(url: string): string {
  const at = url.indexOf('?');
  return at < 0 ? '' : url.slice(at + 1);
}
