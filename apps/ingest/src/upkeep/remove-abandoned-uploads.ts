import type { Database, IngestRepository } from '@pugmark/db';
import type { Logger } from '@pugmark/platform';
import type { UploadStorage } from '@pugmark/storage';

/** Far longer than any request may take. */
const ABANDONED_MS = 24 * 3_600_000;

/**
 * Removes what a killed gateway left: partial uploads, and complete ones whose ingest was never committed. An upload
 * with an ingest is left to its scan.
 */
export async function removeAbandonedUploads(
  { db, ingests }: { readonly db: Database; readonly ingests: IngestRepository },
  uploads: UploadStorage,
  logger: Logger,
): Promise<void> {
  const temporary = await uploads.removeStaleTemporary(ABANDONED_MS);
  const old = await uploads.findOlderThan(ABANDONED_MS);
  const known = await ingests.filterKnownUploads(db, old);
  const orphans = old.filter((name) => !known.has(name));
  for (const name of orphans) await uploads.remove(name);
  if (temporary + orphans.length > 0) logger.warn({ temporary, orphans: orphans.length }, 'removed abandoned uploads');
}
