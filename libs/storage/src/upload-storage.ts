import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { moveDurably, syncFolder, writeDurably } from './durable-file';
import { freeName, safeFileName } from './safe-file-name';
import { asStorageError } from './storage-error';
import { StorageRoot, nothingIfMissing } from './storage-root';

export interface UploadedFile {
  /** As stored: made safe, and unlike every other name of the upload. */
  readonly name: string;
  readonly bytes: number;
}

/** An upload that is being received. Until `finish` it is temporary: a process that dies leaves something to sweep, no upload. */
export interface IncomingUpload {
  /** Stores one file under a safe form of its name. A full disk is a RetryableError `disk_full`. */
  add(name: string, content: AsyncIterable<Uint8Array>): Promise<UploadedFile>;
  /** Puts the folder in its place and answers its absolute path. */
  finish(): Promise<string>;
  /** Removes everything, before or after `finish`. */
  discard(): Promise<void>;
}

/** Files that people send: `uploads/<id>/<name>`, until the ingest has taken them over. */
export class UploadStorage {
  readonly #root: StorageRoot;

  constructor(folder: string) {
    this.#root = new StorageRoot(folder);
  }

  async begin(): Promise<IncomingUpload> {
    const temporary = await this.#root.temporaryPath('upload');
    const place = this.#root.pathOf(`uploads/${randomUUID()}`);
    const taken = new Set<string>();
    try {
      await mkdir(temporary);
    } catch (error) {
      throw asStorageError(error);
    }
    return {
      add: async (name, content) => {
        const free = freeName(safeFileName(name), taken);
        taken.add(free.toLowerCase());
        const { bytes } = await writeDurably(join(temporary, free), async (write) => {
          for await (const chunk of content) await write(chunk);
        });
        return { name: free, bytes };
      },
      finish: async () => {
        await syncFolder(temporary);
        await moveDurably(temporary, place);
        return place;
      },
      discard: async () => {
        await rm(temporary, { recursive: true, force: true });
        await rm(place, { recursive: true, force: true });
      },
    };
  }

  /** Absolute paths of the finished uploads that are older than `ms` milliseconds. */
  async olderThan(ms: number): Promise<string[]> {
    const folder = this.#root.pathOf('uploads');
    const paths: string[] = [];
    for (const name of await readdir(folder).catch(nothingIfMissing)) {
      const facts = await stat(join(folder, name)).catch(() => null);
      if (facts?.isDirectory() === true && Date.now() - facts.mtimeMs > ms) paths.push(join(folder, name));
    }
    return paths;
  }

  /** Removes a finished upload. */
  async remove(folder: string): Promise<void> {
    await rm(this.#root.pathOf(`uploads/${basename(folder)}`), { recursive: true, force: true });
  }

  /** See `StorageRoot.sweepTemporary`. */
  async sweepTemporary(olderThanMs: number): Promise<number> {
    return this.#root.sweepTemporary(olderThanMs);
  }
}
