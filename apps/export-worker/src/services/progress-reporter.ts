import { exportJobKey, type Cache, type ExportJob } from '@pugmark/cache';
import type { Database, ExportRepository } from '@pugmark/db';
import type { Logger } from '@pugmark/platform';

export interface ProgressStores {
  readonly db: Database;
  readonly exports: ExportRepository;
  readonly cache: Cache;
  readonly logger: Logger;
}

const CACHE_EVERY_MS = 500;
const ROW_EVERY_MS = 5_000;
const KEEP_SECONDS = 3_600;

/**
 * Reports the progress of an export: often to the cache, less often to its row. Not awaited while the export is read,
 * because its transaction would be ended for idling.
 */
export class ProgressReporter {
  readonly #stores: ProgressStores;
  readonly #exportId: number;
  #cachedAt = -Infinity;
  #writtenAt = performance.now();
  #percent = 0;
  #pendingWrite: Promise<void> = Promise.resolve();
  #busy = false;

  constructor(stores: ProgressStores, exportId: number) {
    this.#stores = stores;
    this.#exportId = exportId;
  }

  /** Reports that `done` of `total` rows are written. */
  report(done: number, total: number): void {
    this.#percent = total === 0 ? 0 : Math.min(99, Math.floor((done * 100) / total));
    const now = performance.now();
    // Allows one pending write; the next call reports newer progress.
    if (this.#busy || now - this.#cachedAt < CACHE_EVERY_MS) return;
    const row = now - this.#writtenAt >= ROW_EVERY_MS;
    this.#cachedAt = now;
    if (row) this.#writtenAt = now;
    this.#busy = true;
    this.#pendingWrite = this.#writeProgress(row).finally(() => (this.#busy = false));
  }

  /** Resolves when no write is pending. */
  async settled(): Promise<void> {
    await this.#pendingWrite;
  }

  async #writeProgress(row: boolean): Promise<void> {
    const { db, exports, cache, logger } = this.#stores;
    const job: ExportJob = { status: 'processing', percent: this.#percent };
    try {
      await cache.set(exportJobKey(this.#exportId), job, KEEP_SECONDS);
      if (row) await exports.setPercent(db, this.#exportId, this.#percent);
    } catch (err) {
      logger.warn(
        { err, exportId: this.#exportId },
        'the progress of an export could not be written; the export continues',
      );
    }
  }
}
