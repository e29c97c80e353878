import { sql, type RawBuilder } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { Database } from '../connection/database';

/** Rows of all cached results together: about 20 MB. */
const MAX_ROWS = 20_000;

interface CachedResult {
  readonly version: number;
  readonly rows: Promise<readonly unknown[]>;
}

/**
 * Caches the results of statistics queries until the project changes. Such a query reads tens of thousands of rows, and
 * a page with five charts makes several each time it is opened, while the version of a project is the sum of a few rows
 * of `project_changes`. The version is read before the rows: a cached result can be newer than its version, never
 * older. Concurrent callers of the same query share one execution.
 */
export class StatisticsCache {
  readonly #results: LRUCache<string, CachedResult>;

  constructor(
    readonly db: Database,
    maxRows = MAX_ROWS,
  ) {
    this.#results = new LRUCache({ maxSize: maxRows });
  }

  /**
   * Returns the rows of a query of one project that reads no other tables than `images`, `image_summaries`,
   * `observations`, `events` and `deployments`, and of tasks only whether they failed. The rows are shared: they must
   * not be changed.
   */
  async rows<Row>(projectId: number, query: RawBuilder<Row>): Promise<readonly Row[]> {
    const compiled = query.compile(this.db);
    const key = JSON.stringify([projectId, compiled.sql, compiled.parameters]);
    const version = await this.#versionOf(projectId);
    const cached = this.#results.get(key);
    if (cached?.version === version) return cached.rows as Promise<readonly Row[]>;
    const execution = this.db.executeQuery(compiled).then(({ rows }) => rows);
    const result: CachedResult = { version, rows: execution };
    // The size of the result is not known yet.
    this.#results.set(key, result, { size: 1 });
    try {
      const rows = await execution;
      if (this.#results.peek(key) === result) this.#results.set(key, { ...result }, { size: rows.length + 1 });
      return rows;
    } catch (error) {
      if (this.#results.peek(key) === result) this.#results.delete(key);
      throw error;
    }
  }

  async #versionOf(projectId: number): Promise<number> {
    const { rows } = await sql<{ version: number }>`
      select coalesce(sum(count), 0)::bigint as version from project_changes
      where project_id = ${projectId}`.execute(this.db);
    return rows[0]!.version;
  }
}
