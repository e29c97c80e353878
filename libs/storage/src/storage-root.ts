import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { PermanentError } from '@pugmark/domain';
import { isPathWithin } from './is-path-within';
import { asStorageError } from './storage-error';

/**
 * What is half written lies here until it is whole. On the same file system as the rest, so that a rename is atomic; whatever
 * a killed process left is found in one place.
 */
const TEMPORARY = 'tmp';

/** One folder and the keys in it: relative paths with `/`, without `..`. */
export class StorageRoot {
  /** Absolute. */
  readonly folder: string;

  constructor(folder: string) {
    this.folder = resolve(folder);
  }

  /** Absolute path of a key. Throws PermanentError `bad_key` when the key does not name something below the root. */
  pathOf(key: string): string {
    const path = resolve(this.folder, key);
    if (key.includes('\0') || key.includes('\\') || path === this.folder || !isPathWithin(path, this.folder)) {
      throw new PermanentError('bad_key', 'the key leads out of the storage');
    }
    return path;
  }

  /** Removes a file; one that is not there is removed already. */
  async remove(key: string): Promise<void> {
    await rm(this.pathOf(key), { force: true });
  }

  /** Path for something half written; its folder exists. */
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
   * Removes what was half written by processes that are gone: everything temporary that nobody has written to for `olderThanMs`
   * milliseconds, which must be longer than the longest write can pause. Answers how many entries.
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

/** Milliseconds since 1970 of the last write to a file, or to a folder or anything below it; now, when it vanished meanwhile. */
async function lastWritten(path: string): Promise<number> {
  const facts = await stat(path).catch(() => null);
  if (facts === null) return Date.now();
  if (!facts.isDirectory()) return facts.mtimeMs;
  let newest = facts.mtimeMs;
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

/** For `catch`: a folder that was never made holds nothing. */
export function emptyIfMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
