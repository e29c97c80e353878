import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { PermanentError } from '@pugmark/domain';
import { isPathWithin } from './is-path-within';
import { asStorageError } from './storage-error';

/**
 * Folder for incomplete files, on the same file system, so that a rename is atomic and the leftovers of killed
 * processes are in one place.
 */
const TEMPORARY = 'tmp';

/** A storage folder. Keys are relative paths with `/` and without `..`. */
export class StorageRoot {
  /** Absolute path. */
  readonly folder: string;

  constructor(folder: string) {
    this.folder = resolve(folder);
  }

  /** Absolute path of a key. Throws PermanentError `bad_key` when the key is not below the root. */
  pathOf(key: string): string {
    const path = resolve(this.folder, key);
    if (key.includes('\0') || key.includes('\\') || path === this.folder || !isPathWithin(path, this.folder)) {
      throw new PermanentError('bad_key', 'the key is outside the storage');
    }
    return path;
  }

  /** Removes a file; a missing file is ignored. */
  async remove(key: string): Promise<void> {
    await rm(this.pathOf(key), { force: true });
  }

  /** Returns a path for an incomplete file, in an existing folder. */
  async temporaryPath(kind: string): Promise<string> {
    const path = join(this.folder, TEMPORARY, `${kind}-${randomUUID()}`);
    try {
      await mkdir(dirname(path), { recursive: true });
    } catch (error) {
      throw asStorageError(error);
    }
    return path;
  }

  /**
   * Removes temporary files and folders of dead processes: all that were not written to for `olderThanMs` milliseconds,
   * which must exceed the longest pause of a write. Returns how many entries it removed.
   */
  async removeStaleTemporary(olderThanMs: number): Promise<number> {
    const folder = join(this.folder, TEMPORARY);
    const names = await readdir(folder).catch(emptyIfMissing);
    let removed = 0;
    for (const name of names) {
      const path = join(folder, name);
      if (Date.now() - (await lastWritten(path)) <= olderThanMs) continue;
      await rm(path, { recursive: true, force: true });
      removed += 1;
    }
    return removed;
  }
}

/**
 * Time of the last write to a file, or to a folder or anything below it, in milliseconds since 1970; now if it was
 * removed meanwhile.
 */
async function lastWritten(path: string): Promise<number> {
  const stats = await stat(path).catch(() => null);
  if (stats === null) return Date.now();
  if (!stats.isDirectory()) return stats.mtimeMs;
  let newest = stats.mtimeMs;
  for (const name of await readdir(path, { recursive: true }).catch(emptyIfMissing)) {
    newest = Math.max(
      newest,
      await stat(join(path, name)).then(
        (s) => s.mtimeMs,
        () => 0,
      ),
    );
  }
  return newest;
}

/** For `catch` of a readdir: treats a missing folder as empty. */
export function emptyIfMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
