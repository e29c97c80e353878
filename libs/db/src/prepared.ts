import { sql } from 'kysely';

const MARK = '/* prepared */';

/**
 * Before a statement whose plan is the same whatever its parameters are. A connection then plans it once instead of each time, which for the
 * details of a page of images takes longer than to look them up. For few statements, written out: each connection keeps its plan of each.
 */
export const PREPARED = sql.raw(MARK);

/** Gives each marked statement a name; the same one for the same text. Null: it is not marked. */
export class PreparedNames {
  readonly #names = new Map<string, string>();

  nameOf(text: string): string | null {
    if (!text.trimStart().startsWith(MARK)) return null;
    const name = this.#names.get(text) ?? `prepared_${this.#names.size + 1}`;
    this.#names.set(text, name);
    return name;
  }
}
