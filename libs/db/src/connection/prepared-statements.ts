import { sql } from 'kysely';
import { LRUCache } from 'lru-cache';

const MARKER = '/* prepared */';
/**
 * Prepared statements of a connection. The plan of a page of images takes half a megabyte in Postgres, and a page of
 * another size is another statement.
 */
const MAX_STATEMENTS = 100;

/**
 * Marks a statement whose best plan is the same whatever its parameters are. A connection then plans it once instead of
 * each time, which for the details of a page of images takes longer than reading them.
 */
export const PREPARED = sql.raw(MARKER);

export interface PreparedName {
  readonly name: string;
  /** The statement to deallocate; null unless there are too many. */
  readonly evicted: string | null;
}

/** Names the marked statements of a connection by their text, and evicts the least recently used one. */
export class PreparedNames {
  #evicted: string | null = null;
  #count = 0;
  readonly #names = new LRUCache<string, string>({
    max: MAX_STATEMENTS,
    dispose: (name, _text, reason) => {
      if (reason === 'evict') this.#evicted = name;
    },
  });

  /** Null for a statement without the marker. */
  nameOf(text: string): PreparedName | null {
    if (!text.trimStart().startsWith(MARKER)) return null;
    const known = this.#names.get(text);
    if (known !== undefined) return { name: known, evicted: null };
    this.#count += 1;
    const name = `prepared_${this.#count}`;
    this.#evicted = null;
    this.#names.set(text, name);
    return { name, evicted: this.#evicted };
  }
}
