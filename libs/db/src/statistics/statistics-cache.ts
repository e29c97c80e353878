import { sql, type RawBuilder } from 'kysely';
import type { Database } from '../connection/database';

/** Rows of all answers that are kept together: about 20 MB. */
const MOST_ROWS = 20_000;

interface Kept {
  readonly version: number;
  readonly rows: Promise<readonly unknown[]>;
  /** Of an answer that is not there yet, what it will at least cost. */
  size: number;
}

/**
 * What was counted, kept for as long as it is so. Counting reads tens of thousands of rows, and a page that shows five charts asks for it each
 * time somebody opens it, while `project_changes` tells in a moment whether anything has changed. Its number is read before the rows are:
 * what is kept can be newer than it says, never older. Many who ask for the same at once count once.
 */
export class StatisticsCache {
  readonly #kept = new Map<string, Kept>();
  readonly #mostRows: number;
  #rows = 0;

  constructor(
    readonly db: Database,
    mostRows = MOST_ROWS,
  ) {
    this.#mostRows = mostRows;
  }

  /**
   * The rows of a query that reads `images`, `image_summaries`, `observations`, `events`, `deployments`, or of tasks whether they failed, all of one project.
   * They are shared: not to be changed.
   */
  async rows<Row>(projectId: number, query: RawBuilder<Row>): Promise<readonly Row[]> {
    const compiled = query.compile(this.db);
    const key = JSON.stringify([projectId, compiled.sql, compiled.parameters]);
    const version = await this.#versionOf(projectId);
    const known = this.#kept.get(key);
    if (known?.version === version) {
      this.#keep(key, known);
      return known.rows as Promise<readonly Row[]>;
    }
    const counted = this.db.executeQuery(compiled).then(({ rows }) => rows);
    const kept: Kept = { version, rows: counted, size: 1 };
    this.#keep(key, kept);
    try {
      const rows = await counted;
      this.#resize(key, kept, rows.length + 1);
      return rows;
    } catch (error) {
      if (this.#kept.get(key) === kept) this.#drop(key);
      throw error;
    }
  }

  async #versionOf(projectId: number): Promise<number> {
    const { rows } = await sql<{
      version: number;
    }>`select coalesce(sum(count), 0)::bigint as version from project_changes where project_id = ${projectId}`.execute(
      this.db,
    );
    return rows[0]!.version;
  }

  /** As the last: a Map keeps the order of insertion, and the first is the one not asked for for longest. */
  #keep(key: string, kept: Kept): void {
    this.#drop(key);
    this.#kept.set(key, kept);
    this.#rows += kept.size;
  }

  #drop(key: string): void {
    this.#rows -= this.#kept.get(key)?.size ?? 0;
    this.#kept.delete(key);
  }

  #resize(key: string, kept: Kept, size: number): void {
    if (this.#kept.get(key) !== kept) return;
    this.#rows += size - kept.size;
    kept.size = size;
    for (const oldest of this.#kept.keys()) {
      if (this.#rows <= this.#mostRows) return;
      this.#drop(oldest);
    }
  }
}
