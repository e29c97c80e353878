import type { Database, ExportRepository } from '@pugmark/db';
import type { Logger } from '@pugmark/platform';
import type { ExportStorage } from '@pugmark/storage';

const CHUNK_SIZE = 100;
/** Far longer than the time from the end of an export's file to its commit. */
const ABANDONED_MS = 24 * 3_600_000;

/**
 * Removes the files of exports that have expired, by the database's clock. Removes the file before the row's reference:
 * if it is killed in between, both steps are repeated, which is harmless.
 */
export async function removeExpired(
  db: Database,
  exports: ExportRepository,
  files: ExportStorage,
  logger: Logger,
): Promise<number> {
  let removed = 0;
  for (;;) {
    const expired = await exports.listExpired(db, CHUNK_SIZE);
    for (const { id, fileKey } of expired) {
      await files.remove(fileKey);
      await exports.clearFile(db, id);
    }
    removed += expired.length;
    if (expired.length < CHUNK_SIZE) break;
  }
  if (removed > 0) logger.info({ removed }, 'removed expired exports');
  return removed;
}

/**
 * Removes leftovers of killed workers and lost attempts: incomplete files, and complete ones that no export references.
 */
export async function removeAbandoned(
  db: Database,
  exports: ExportRepository,
  files: ExportStorage,
  logger: Logger,
): Promise<number> {
  const temporary = await files.removeStaleTemporary(ABANDONED_MS);
  const old = await files.findOlderThan(ABANDONED_MS);
  const known = await exports.filterKnownFileKeys(db, old);
  const orphans = old.filter((key) => !known.has(key));
  for (const key of orphans) await files.remove(key);
  if (temporary + orphans.length > 0)
    logger.warn({ temporary, orphans: orphans.length }, 'removed abandoned export files');
  return temporary + orphans.length;
}
