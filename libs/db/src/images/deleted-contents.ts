import { sql } from 'kysely';
import { inTransaction } from '../connection/in-transaction';
import type { Database, DatabaseTransaction } from '../connection/database';
import { takeAdvisoryLock, takeSharedAdvisoryLock } from '../connection/advisory-locks';

/** Contents whose files are removed in one transaction: new images wait for it. */
const BATCH = 100;

/** Removes the files of a content. */
export interface ContentFiles {
  /** `location` is a key of the content-addressed storage. */
  removeImage(location: string): Promise<void>;
  /** `sha256` in hexadecimal. */
  removeRenditions(sha256: string): Promise<void>;
}

/**
 * Removes files of deleted images, unless an image has the same content, and returns how many contents it handled; 0:
 * none is left. Safe at any time and in any number of processes: no image is stored meanwhile (`keepContents`), and a
 * content is forgotten only after its files are gone.
 */
export async function removeDeletedContents(db: Database, files: ContentFiles): Promise<number> {
  return inTransaction(db, async (tx) => {
    await takeAdvisoryLock(tx, 'imageFiles');
    const { rows } = await sql<{ sha256: Buffer; location: string | null; stored: boolean; known: boolean }>`
      select c.sha256, c.location, known.any as known, known.stored from deleted_contents c
      cross join lateral (
        select count(*) > 0 as any, count(*) filter (where mode = 'copy') > 0 as stored
        from images where sha256 = c.sha256) known
      limit ${BATCH}`.execute(tx);
    for (const { sha256, location, stored, known } of rows) {
      if (location !== null && !stored) await files.removeImage(location);
      if (!known) await files.removeRenditions(sha256.toString('hex'));
    }
    await sql`delete from deleted_contents where sha256 = any(${rows.map(({ sha256 }) => sha256)}::bytea[])`.execute(
      tx,
    );
    return rows.length;
  });
}

/**
 * Until the transaction ends, no file of an image is removed: the caller checks that the files of its new images still
 * exist, and adds their rows.
 */
export async function keepContents(tx: DatabaseTransaction): Promise<void> {
  await takeSharedAdvisoryLock(tx, 'imageFiles');
}
