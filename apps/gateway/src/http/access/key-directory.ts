import type { ApiKeyRepository, ApiKeyRow, Database, KeysVersion } from '@pugmark/db';

/**
 * All API keys, in memory: a wrong key costs no query, and cannot keep right ones from being recognised. Read again
 * when it is older than a caller accepts and a key was created or revoked since.
 */
export class KeyDirectory {
  readonly #db: Database;
  readonly #keys: ApiKeyRepository;
  #byPrefix: ReadonlyMap<string, ApiKeyRow> = new Map();
  #version: KeysVersion | null = null;
  /** `performance.now()` when the last successful check began. */
  #checkedAt = -Infinity;
  #checking: Promise<void> | null = null;
  #invalidations = 0;

  constructor(db: Database, keys: ApiKeyRepository) {
    this.#db = db;
    this.#keys = keys;
  }

  /** Since the keys were last known to be up to date. */
  get ageMs(): number {
    return performance.now() - this.#checkedAt;
  }

  find(prefix: string): ApiKeyRow | null {
    return this.#byPrefix.get(prefix) ?? null;
  }

  /** After a change by this process: what was read before it counts as outdated. */
  invalidate(): void {
    this.#invalidations += 1;
    this.#checkedAt = -Infinity;
  }

  /** Brings it up to date unless it is younger than `maxAgeMs`. Concurrent calls share one check. */
  async refresh(maxAgeMs: number): Promise<void> {
    if (this.ageMs <= maxAgeMs) return;
    const running = this.#checking;
    if (running !== null) {
      await running;
      // It may have begun before the change that this caller must see.
      if (this.ageMs <= maxAgeMs) return;
    }
    this.#checking ??= this.#check().finally(() => (this.#checking = null));
    await this.#checking;
  }

  async #check(): Promise<void> {
    const [checkedAt, invalidations] = [performance.now(), this.#invalidations];
    const version = await this.#keys.readVersion(this.#db);
    if (version.lastId !== this.#version?.lastId || version.revoked !== this.#version.revoked) {
      const rows = await this.#keys.list(this.#db);
      this.#byPrefix = new Map(rows.map((row) => [row.prefix, row]));
      this.#version = version;
    }
    if (invalidations === this.#invalidations) this.#checkedAt = checkedAt;
  }
}
