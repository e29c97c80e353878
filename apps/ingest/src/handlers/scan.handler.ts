import { rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import pLimit from 'p-limit';
import type { DatabaseTransaction, IngestRow, NewImage } from '@pugmark/db';
import { PermanentError, RetryableError, messageOf, type ClaimedTask, type TaskOutcome } from '@pugmark/domain';
import type { ImageStorage } from '@pugmark/storage';
import type { TaskContext, TaskHandler } from '@pugmark/tasks';
import { resolveAllowedFolder } from '../scan/resolve-allowed-folder';
import { inChunks } from '../scan/in-chunks';
import { UNREAD_CODES, readImage, type StoreImage } from '../scan/read-image';
import { storeChunk, type ScanStores } from '../scan/store-chunk';
import { walkFolder, type WalkedEntry } from '../scan/walk-folder';

export interface ScanOptions {
  readonly roots: readonly string[];
  readonly storageDir: string;
  readonly concurrency: number;
  readonly batch: number;
  readonly pixelLimit: number;
  /** Maximum size of a file, in bytes. */
  readonly maxBytes: number;
}

/**
 * Ingests the images of a folder into a project. Works in steps of one transaction each and lists every processed file,
 * so that a killed scan resumes where it stopped: it walks the folder again and skips listed files.
 */
export class ScanHandler implements TaskHandler<DatabaseTransaction, null> {
  readonly kind = 'scan' as const;
  readonly #stores: ScanStores;
  readonly #storage: ImageStorage;
  readonly #options: ScanOptions;

  constructor(stores: ScanStores, storage: ImageStorage, options: ScanOptions) {
    this.#stores = stores;
    this.#storage = storage;
    this.#options = options;
  }

  async handle(tasks: readonly ClaimedTask[], context: TaskContext): Promise<TaskOutcome<null>[]> {
    return Promise.all(tasks.map((task) => this.#scan(task, context)));
  }

  /** Every step was written before; only the task's state is left. */
  async write(): Promise<void> {}

  async #scan(task: ClaimedTask, context: TaskContext): Promise<TaskOutcome<null>> {
    const ingest = await this.#stores.ingests.find(this.#stores.db, task.subjectId);
    if (ingest === null) throw new PermanentError('ingest_missing', `there is no ingest ${task.subjectId}`);
    const stopped = AbortSignal.any([context.signalOf(task), context.draining]);
    const folder = await this.#folderOf(ingest);
    if (folder !== null) {
      for await (const chunk of inChunks(walkFolder(folder), this.#options.batch)) {
        if (stopped.aborted)
          return {
            task,
            outcome: 'interrupted',
            code: 'interrupted',
            message: 'the service was stopped; the scan resumes where it stopped',
          };
        await this.#step(task, ingest, folder, chunk, context.progress);
        context.progress();
      }
      if (ingest.source === 'upload') await this.#removeUpload(ingest.id, folder);
    }
    return { task, outcome: 'done', result: null };
  }

  async #step(
    task: ClaimedTask,
    ingest: IngestRow,
    folder: string,
    chunk: readonly WalkedEntry[],
    onProgress: () => void,
  ): Promise<void> {
    const { concurrency } = this.#options;
    const known = await this.#stores.ingests.filterKnownPaths(
      this.#stores.db,
      ingest.id,
      chunk.map((entry) => entry.path),
    );
    const fresh = chunk.filter((entry) => !known.has(entry.path));
    if (fresh.length === 0) return;
    const place: StoreImage = (path, content, sha256, format) =>
      ingest.mode === 'copy'
        ? this.#storage.storeImage(content(), sha256.toString('hex'), format)
        : Promise.resolve(path);
    const limit = pLimit(concurrency);
    const files = await Promise.all(
      fresh.map((entry) =>
        entry.skip === null
          ? limit(() => readImage(folder, entry.path, { ...this.#options, onProgress }, place).finally(onProgress))
          : { path: entry.path, skip: entry.skip },
      ),
    );
    await storeChunk(this.#stores, task, ingest, files, async (images) => {
      if (ingest.mode === 'copy') await this.#assertStored(images);
    });
  }

  async #assertStored(images: readonly NewImage[]): Promise<void> {
    for (const { location } of images)
      if (!(await this.#storage.hasImage(location)))
        throw new RetryableError('file_removed', 'a stored file was removed with a deleted image; it is stored again');
  }

  /** Keeps an upload with unreadable files, as they may be the only copy; its list of files shows the reasons. */
  async #removeUpload(ingestId: number, folder: string): Promise<void> {
    if (await this.#stores.ingests.hasSkipped(this.#stores.db, ingestId, UNREAD_CODES)) return;
    await rm(folder, { recursive: true, force: true });
  }

  /** Null if an upload was completely scanned before and only the commit of that was lost. */
  async #folderOf(ingest: IngestRow): Promise<string | null> {
    if (ingest.source === 'folder') return resolveAllowedFolder(ingest.folder, this.#options.roots);
    const uploads = join(this.#options.storageDir, 'uploads');
    // Found by its name: the storage, with its uploads, may have been moved.
    const folder = join(uploads, basename(ingest.folder));
    if (await exists(folder)) return resolveAllowedFolder(folder, [uploads]);
    // The mount point of an unmounted disk is an empty folder.
    if (!(await exists(uploads)))
      throw new RetryableError(
        'folder_unavailable',
        'the uploads folder is missing: is the disk of STORAGE_DIR mounted?',
      );
    // Every upload has a file, and each file is listed before the folder is removed.
    if (ingest.files_seen === 0)
      throw new PermanentError(
        'folder_missing',
        'the files of the upload are missing, and none was ingested: send them again',
      );
    return null;
  }
}

/** Throws RetryableError `folder_unavailable` when a folder cannot be accessed: it may still exist. */
async function exists(folder: string): Promise<boolean> {
  try {
    await stat(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw new RetryableError('folder_unavailable', `the folder of the upload cannot be accessed: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
