import {
  inTransaction,
  keepContents,
  type Database,
  type DatabaseTransaction,
  type ImageRepository,
  type IngestRepository,
  type IngestRow,
  type NewImage,
  type TaskRepository,
} from '@pugmark/db';
import { RetryableError, type ClaimedTask } from '@pugmark/domain';
import type { ReadResult } from './read-image';

export interface ScanStores {
  readonly db: Database;
  readonly tasks: TaskRepository;
  readonly ingests: IngestRepository;
  readonly images: ImageRepository;
}

/**
 * Stores one step of a scan in one transaction: images, results of files, counters, and the detect tasks of new images.
 * Fenced: rolled back if another worker has taken the scan over. Not idempotent, because of the counters: if the result
 * of the commit is unknown, the scan walks the folder again and skips listed files. `assertStored` throws unless the
 * files of these images are in the storage: they may have been removed with a deleted image of the same content.
 */
export async function storeChunk(
  stores: ScanStores,
  task: ClaimedTask,
  ingest: IngestRow,
  files: readonly ReadResult[],
  assertStored: (images: readonly NewImage[]) => Promise<void>,
): Promise<void> {
  await inTransaction(stores.db, async (tx) => {
    if (!(await stores.tasks.holdsLease(tx, task)))
      throw new RetryableError('attempt_lost', 'the scan was cancelled or taken over');
    await keepContents(tx);
    // Sorted by hash, so that concurrent ingests of the same images wait for one another instead of deadlocking.
    const images = files
      .flatMap((file) => ('image' in file ? [file.image] : []))
      .sort((a, b) => a.sha256.compare(b.sha256));
    await assertStored(images);
    const added = await stores.images.insertNew(tx, originOf(ingest), images);
    const known = await findExisting(tx, stores, ingest.project_id, images, added);
    const rows = files.map((file) => rowOf(ingest.id, file, added, known));
    const count = (outcome: string): number => rows.filter((row) => row.outcome === outcome).length;
    const addedBytes = rows.reduce((sum, row, i) => sum + (row.outcome === 'added' ? bytesOf(files[i]) : 0), 0);
    await stores.ingests.record(tx, ingest.id, rows, {
      filesSeen: files.length,
      imagesAdded: count('added'),
      duplicates: count('duplicate'),
      skipped: count('skipped'),
      bytesAdded: addedBytes,
    });
    if (ingest.run_id !== null) {
      const ids = rows.flatMap((row) => (row.outcome === 'added' && row.image_id !== null ? [row.image_id] : []));
      await stores.images.createDetectTasks(tx, { id: ingest.run_id, traceparent: task.traceparent }, ids);
    }
  });
}

function originOf(ingest: IngestRow) {
  return {
    projectId: ingest.project_id,
    deploymentId: ingest.deployment_id,
    ingestId: ingest.id,
    mode: ingest.mode,
  };
}

function findExisting(
  tx: DatabaseTransaction,
  stores: ScanStores,
  projectId: number,
  images: readonly NewImage[],
  added: ReadonlyMap<string, number>,
): Promise<Map<string, number>> {
  const others = images.filter((image) => !added.has(image.sha256.toString('hex')));
  return stores.images.findIdsByHash(
    tx,
    projectId,
    others.map((image) => image.sha256),
  );
}

/** The first file with new content is `added` (and removed from `added`), any further one a duplicate of it. */
function rowOf(ingestId: number, file: ReadResult, added: Map<string, number>, known: Map<string, number>) {
  const base = { ingest_id: ingestId, path: file.path, reason_code: null, reason: null, image_id: null };
  if ('skip' in file)
    return { ...base, outcome: 'skipped' as const, reason_code: file.skip.code, reason: file.skip.reason };
  const hash = file.image.sha256.toString('hex');
  const newId = added.get(hash);
  if (newId !== undefined) {
    added.delete(hash);
    known.set(hash, newId);
    return { ...base, outcome: 'added' as const, image_id: newId };
  }
  return {
    ...base,
    outcome: 'duplicate' as const,
    reason_code: 'duplicate',
    reason: 'the project already has an image with the same content',
    image_id: known.get(hash) ?? null,
  };
}

function bytesOf(file: ReadResult | undefined): number {
  return file !== undefined && 'image' in file ? file.image.bytes : 0;
}
