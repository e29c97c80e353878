import { sql } from 'kysely';

const MARK = '/* prepared */';
/** Of one connection. A page of images costs Postgres half a megabyte for its plan, and there are more statements than one thinks: a page of another size is another one. */
const MOST = 100;

/**
 * Before a statement whose plan is the same whatever its parameters are. A connection then plans it once instead of each time, which for the
 * details of a page of images takes longer than to look them up.
 */
export const PREPARED = sql.raw(MARK);

export interface PreparedName {
  readonly name: string;
  /** The one that was not asked for the longest, and makes room; null as long as there is room. */
  readonly forgotten: string | null;
}

/** Gives each marked statement a name; the same one for the same text, as long as it is among the last hundred that were asked for. */
export class PreparedNames {
  /** By their text, the one that was asked for last at the end. */
  readonly #names = new Map<string, string>();
  #given = 0;

  /** Null: it is not marked. */
  nameOf(text: string): PreparedName | null {
    if (!text.trimStart().startsWith(MARK)) return null;
    const known = this.#names.get(text);
    const name = known ?? `prepared_${(this.#given += 1)}`;
    this.#names.delete(text);
    this.#names.set(text, name);
    return { name, forgotten: this.#names.size > MOST ? this.#forgetOldest() : null };
  }

  #forgetOldest(): string {
    const [text, name] = this.#names.entries().next().value!;
    this.#names.delete(text);
    return name;
  }
}
