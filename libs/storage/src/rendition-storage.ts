import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { PermanentError } from '@pugmark/domain';
import { moveDurably, writeDurably } from './durable-file';
import { StorageRoot, emptyIfMissing } from './storage-root';

/** Minimum time between two updates of a file's date: updating it at every use would be a write per read. */
const TOUCH_AFTER_MS = 6 * 3_600_000;

interface StoredRendition {
  readonly path: string;
  readonly bytes: number;
  readonly usedAt: number;
}

/** Identifies a rendition by two SHA-256, in hexadecimal. */
export interface RenditionId {
  /** Of the content of the image. */
  readonly sha256: string;
  /** Of all that the rendition depends on. */
  readonly variant: string;
}

/** Cache of renditions, which can be rendered again at any time: `renditions/ab/<sha256>-<variant>.jpg`. */
export class RenditionStorage {
  readonly #root: StorageRoot;

  constructor(folder: string) {
    this.#root = new StorageRoot(folder);
  }

  /** The storage folder; keys are relative to it. */
  get folder(): string {
    return this.#root.folder;
  }

  /** Returns the key, and whether the file is stored; if so, sets its time of last use. */
  async find(id: RenditionId): Promise<{ readonly key: string; readonly stored: boolean }> {
    const key = keyOf(id);
    const path = this.#root.pathOf(key);
    const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    const now = Date.now();
    // A file that was removed in between is rendered again.
    if (stats !== null && now - stats.mtimeMs > TOUCH_AFTER_MS)
      await utimes(path, now / 1_000, now / 1_000).catch(() => undefined);
    return { key, stored: stats !== null };
  }

  /** Stores a rendition, which appears when it is complete. A full disk is a RetryableError `disk_full`. */
  async store(id: RenditionId, content: Uint8Array): Promise<void> {
    const temporary = await this.#root.temporaryPath('rendition');
    await writeDurably(temporary, (write) => write(content));
    await moveDurably(temporary, this.#root.pathOf(keyOf(id)));
  }

  /** Removes all renditions of an image with this content. */
  async removeAll(sha256: string): Promise<void> {
    const folder = this.#root.pathOf(folderOf(sha256));
    for (const name of await readdir(folder).catch(emptyIfMissing))
      if (name.startsWith(sha256)) await rm(join(folder, name), { force: true });
  }

  /** Removes the least recently used files until at most `maxBytes` remain. Returns how many it removed. */
  async shrinkTo(maxBytes: number): Promise<number> {
    const files = await this.#list();
    let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    let removed = 0;
    for (const file of files.sort((a, b) => a.usedAt - b.usedAt)) {
      if (bytes <= maxBytes) break;
      await rm(file.path, { force: true });
      bytes -= file.bytes;
      removed += 1;
    }
    return removed;
  }

  async #list(): Promise<StoredRendition[]> {
    const top = join(this.#root.folder, 'renditions');
    const files: StoredRendition[] = [];
    for (const folder of await readdir(top).catch(emptyIfMissing)) {
      for (const name of await readdir(join(top, folder)).catch(emptyIfMissing)) {
        const path = join(top, folder, name);
        const stats = await stat(path).catch(() => null);
        if (stats?.isFile() === true) files.push({ path, bytes: stats.size, usedAt: stats.mtimeMs });
      }
    }
    return files;
  }
}

function keyOf({ sha256, variant }: RenditionId): string {
  return `${folderOf(sha256)}/${sha256}-${assertHash(variant)}.jpg`;
}

function folderOf(sha256: string): string {
  return `renditions/${assertHash(sha256).slice(0, 2)}`;
}

function assertHash(hash: string): string {
  if (!/^[0-9a-f]{64}$/.test(hash)) throw new PermanentError('bad_hash', 'a sha256 has 64 hexadecimal digits');
  return hash;
}
