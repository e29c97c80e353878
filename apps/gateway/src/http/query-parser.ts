import type { Request } from 'express';
import { parseDto } from './parse-dto';

/** Of each operation: the queries understood last. */
const MOST_KNOWN = 100;
/** Characters of one that is remembered; a cursor can be long, and is sent once. */
const LONGEST_KNOWN = 500;

/**
 * What the queries of an operation say. A page asks for the same few again and again, and to check one takes longer than all else
 * that is done before the database is asked: what was understood is remembered by its text, and shared.
 */
export class QueryParser<Query extends object> {
  readonly #type: new () => Query;
  readonly #known = new Map<string, Readonly<Query>>();

  constructor(type: new () => Query) {
    this.#type = type;
  }

  /** Throws a 400, as `parseDto`. */
  parse(request: Pick<Request, 'url' | 'query'>): Readonly<Query> {
    const text = textOf(request.url);
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const query = Object.freeze(parseDto(this.#type, request.query));
    if (text.length > LONGEST_KNOWN) return query;
    // A Map keeps the order of insertion.
    if (this.#known.size >= MOST_KNOWN) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(text, query);
    return query;
  }
}

function textOf(url: string): string {
  const at = url.indexOf('?');
  return at < 0 ? '' : url.slice(at + 1);
}
