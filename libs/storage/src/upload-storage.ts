import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { moveDurably, syncFolder, writeDurably, type WriteChunk } from './durable-file';
import { asStorageError } from './storage-error';
import { StorageRoot, emptyIfMissing } from './storage-root';
import { UploadNames } from './upload-names';

export interface UploadedFile {
  /** Stored path with `/`, relative to the upload: safe and unique. */
  readonly name: string;
  /** Absolute path, valid until `finish`. */
  readonly path: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/**
 * An upload being received. It is temporary until `finish`: a process that dies leaves a temporary folder and no
 * upload.
 */
export interface IncomingUpload {
  /**
   * Stores one file under a safe form of its name, in the given folders. A full disk is a RetryableError `disk_full`.
   */
  add(name: string, content: AsyncIterable<Uint8Array>, folders?: readonly string[]): Promise<UploadedFile>;
  /**
   * Stores a file that is not part of the upload, such as its archive, and returns its absolute path; removed by
   * `finish`.
   */
  storeSideFile(content: AsyncIterable<Uint8Array>): Promise<string>;
  /** Moves the folder to its final place and returns its absolute path. */
  finish(): Promise<string>;
  /** Removes everything, before or after `finish`. */
  discard(): Promise<void>;
}

/** Storage of uploaded files: `uploads/<id>/<name>`, until they are ingested. */
export class UploadStorage {
  readonly #root: StorageRoot;

  constructor(folder: string) {
    this.#root = new StorageRoot(folder);
  }

  async begin(): Promise<IncomingUpload> {
    const temporary = await this.#root.temporaryPath('upload');
    const aside = await this.#root.temporaryPath('aside');
    const place = this.#root.pathOf(`uploads/${randomUUID()}`);
    const names = new UploadNames();
    try {
      await mkdir(temporary);
    } catch (error) {
      throw asStorageError(error);
    }
    return {
      add: async (name, content, folders = []) => {
        const free = names.reserve(name, folders);
        const path = join(temporary, free);
        await mkdir(dirname(path), { recursive: true }).catch((error: unknown) =>
          Promise.reject(asStorageError(error)),
        );
        const { bytes, sha256 } = await writeDurably(path, (write) => writeAll(content, write));
        return { name: free, path, bytes, sha256: sha256.toString('hex') };
      },
      storeSideFile: async (content) => {
        await writeDurably(aside, (write) => writeAll(content, write));
        return aside;
      },
      finish: async () => {
        await rm(aside, { force: true });
        for (const folder of names.folders) await syncFolder(join(temporary, folder));
        await syncFolder(temporary);
        await moveDurably(temporary, place);
        return place;
      },
      discard: async () => {
        await rm(aside, { force: true });
        await rm(temporary, { recursive: true, force: true });
        await rm(place, { recursive: true, force: true });
      },
    };
  }

  /**
   * Finds the names of finished uploads older than `ms` milliseconds. A name is the last part of the path that `finish`
   * returned.
   */
  async findOlderThan(ms: number): Promise<string[]> {
    const folder = this.#root.pathOf('uploads');
    const names: string[] = [];
    for (const name of await readdir(folder).catch(emptyIfMissing)) {
      const stats = await stat(join(folder, name)).catch(() => null);
      if (stats?.isDirectory() === true && Date.now() - stats.mtimeMs > ms) names.push(name);
    }
    return names;
  }

  /** Removes a finished upload by its name. */
  async remove(name: string): Promise<void> {
    await rm(this.#root.pathOf(`uploads/${name}`), { recursive: true, force: true });
  }

  /** See `StorageRoot.removeStaleTemporary`. */
  async removeStaleTemporary(olderThanMs: number): Promise<number> {
    return this.#root.removeStaleTemporary(olderThanMs);
  }
}

async function writeAll(content: AsyncIterable<Uint8Array>, write: WriteChunk): Promise<void> {
  for await (const chunk of content) await write(chunk);
}
