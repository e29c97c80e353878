import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PermanentError, RetryableError } from '@pugmark/domain';
import { moveDurably, syncFolder, writeDurably } from './durable-file';
import { StorageRoot } from './storage-root';

export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'tiff';

const EXTENSIONS: Readonly<Record<ImageFormat, string>> = { jpeg: 'jpg', png: 'png', webp: 'webp', tiff: 'tif' };

/** Content-addressed storage of images: `images/ab/cd/<sha256>.<extension>`. The same content is stored once. */
export class ImageStorage {
  readonly #root: StorageRoot;

  constructor(folder: string) {
    this.#root = new StorageRoot(folder);
  }

  /**
   * Stores an image (path of a file, or a stream of its bytes) under its content's hash and returns the key. An image
   * that is stored already is not read again. Throws RetryableError `content_changed` when the content does not match
   * the hash, and `disk_full`; nothing is left behind then.
   */
  async storeImage(source: string | AsyncIterable<Uint8Array>, sha256: string, format: ImageFormat): Promise<string> {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new PermanentError('bad_hash', 'a sha256 has 64 hexadecimal digits');
    const key = `images/${sha256.slice(0, 2)}/${sha256.slice(2, 4)}/${sha256}.${EXTENSIONS[format]}`;
    const path = this.#root.pathOf(key);
    // A file with this name is complete: it was renamed after its hash was verified.
    if (await exists(path)) {
      // Its writer may have been killed between rename and sync.
      await syncFolder(dirname(path));
      return key;
    }
    const temporary = await this.#root.temporaryPath('image');
    const written = await writeDurably(temporary, async (write) => {
      const chunks = typeof source === 'string' ? createReadStream(source, { highWaterMark: 256 * 1024 }) : source;
      for await (const chunk of chunks) await write(chunk as Uint8Array);
    });
    if (written.sha256.toString('hex') !== sha256) {
      await rm(temporary, { force: true });
      throw new RetryableError('content_changed', 'the image changed while it was being copied');
    }
    await moveDurably(temporary, path);
    return key;
  }

  /** Absolute path of a key. Throws PermanentError `bad_key` when it is outside the storage. */
  pathOf(key: string): string {
    return this.#root.pathOf(key);
  }

  async hasImage(key: string): Promise<boolean> {
    return exists(this.#root.pathOf(key));
  }

  /** Removes an image; a missing one is ignored. */
  async remove(key: string): Promise<void> {
    await this.#root.remove(key);
  }

  /** See `StorageRoot.removeStaleTemporary`: applies to images, exports and uploads alike. */
  async removeStaleTemporary(olderThanMs: number): Promise<number> {
    return this.#root.removeStaleTemporary(olderThanMs);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
