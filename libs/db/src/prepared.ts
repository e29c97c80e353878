import { sql } from 'kysely';

const MARK = '/* prepared */';
/** Of one connection: each keeps its plan of each statement, of which there are few unless somebody asks for pages of every size. */
const MOST = 100;

/**
 * Before a statement whose plan is the same whatever its parameters are. A connection then plans it once instead of each time, which for the
 * details of a page of images takes longer than to look them up.
 */
export const PREPARED = sql.raw(MARK);

/** Gives each marked statement a name; the same one for the same text. */
export class PreparedNames {
  readonly #names = new Map<string, string>();

  /** Null: it is not marked, or one too many; then it is planned each time. */
  nameOf(text: string): string | null {
    if (!text.trimStart().startsWith(MARK)) return null;
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= MOST) return known ?? null;
    const name = `prepared_${this.#names.size + 1}`;
    this.#names.set(text, name);
    return name;
  }
}
