import { readdir, stat } from 'node:fs/promises';
import { moveDurably, writeDurably, type WriteChunk } from './durable-file';
import { StorageRoot, emptyIfMissing } from './storage-root';

export type { WriteChunk } from './durable-file';

export interface StoredFile {
  readonly key: string;
  readonly bytes: number;
  readonly sha256: Buffer;
}

/** Storage of files for download: `exports/<name>`. */
export class ExportStorage {
  readonly #root: StorageRoot;

  constructor(folder: string) {
    this.#root = new StorageRoot(folder);
  }

  /** The storage folder; keys are relative to it. */
  get folder(): string {
    return this.#root.folder;
  }

  /**
   * Writes a file from the chunks of `produce` and returns its key, size and hash. The file appears under its name only
   * when it is complete and synced; an abort or an error leaves nothing. A full disk is a RetryableError `disk_full`.
   */
  async write(name: string, produce: (write: WriteChunk) => Promise<void>, signal?: AbortSignal): Promise<StoredFile> {
    const key = `exports/${name}`;
    const path = this.#root.pathOf(key);
    const temporary = await this.#root.temporaryPath('export');
    const written = await writeDurably(temporary, produce, signal);
    await moveDurably(temporary, path);
    return { key, ...written };
  }

  /** Absolute path of a key. Throws PermanentError `bad_key` when it is outside the storage. */
  pathOf(key: string): string {
    return this.#root.pathOf(key);
  }

  /** Removes a file; a missing file is ignored. */
  async remove(key: string): Promise<void> {
    await this.#root.remove(key);
  }

  /** Finds the keys of files that were completed more than `ms` milliseconds ago. */
  async findOlderThan(ms: number): Promise<string[]> {
    const names = await readdir(this.#root.pathOf('exports')).catch(emptyIfMissing);
    const keys: string[] = [];
    for (const name of names) {
      const stats = await stat(this.#root.pathOf(`exports/${name}`)).catch(() => null);
      if (stats?.isFile() === true && Date.now() - stats.mtimeMs > ms) keys.push(`exports/${name}`);
    }
    return keys;
  }

  /** See `StorageRoot.removeStaleTemporary`. */
  async removeStaleTemporary(olderThanMs: number): Promise<number> {
    return this.#root.removeStaleTemporary(olderThanMs);
  }
}
