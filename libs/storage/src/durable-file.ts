import { createHash, type Hash } from 'node:crypto';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { asStorageError } from './storage-error';

/** Writes a chunk; resolves when the operating system has accepted it, so that the writer cannot outrun the disk. */
export type WriteChunk = (chunk: string | Uint8Array) => Promise<void>;

export interface WrittenFile {
  readonly bytes: number;
  readonly sha256: Buffer;
}

/**
 * Writes a new file and syncs it to disk (fsync); computes its hash and size. Any failure or abort removes the file. A
 * full disk is a RetryableError `disk_full`.
 */
export async function writeDurably(
  path: string,
  produce: (write: WriteChunk) => Promise<void>,
  signal?: AbortSignal,
): Promise<WrittenFile> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'wx');
    const hash = createHash('sha256');
    let bytes = 0;
    const file = handle;
    await produce(async (chunk) => {
      signal?.throwIfAborted();
      bytes += await append(file, hash, typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : chunk);
    });
    signal?.throwIfAborted();
    await handle.sync();
    await handle.close();
    return { bytes, sha256: hash.digest() };
  } catch (error) {
    // Closing twice rejects; the file is removed anyway.
    await handle?.close().catch(() => undefined);
    await rm(path, { force: true });
    throw asStorageError(error);
  }
}

async function append(file: FileHandle, hash: Hash, data: Uint8Array): Promise<number> {
  hash.update(data);
  for (let done = 0; done < data.length;) done += (await file.write(data, done)).bytesWritten;
  return data.length;
}

/**
 * Moves a file or folder to its final place, atomically and durably: folders are synced too, so that a power cut cannot
 * lose a file that a committed row points to. On failure the source is removed.
 */
export async function moveDurably(from: string, to: string): Promise<void> {
  try {
    const folder = dirname(to);
    const firstMade = await mkdir(folder, { recursive: true });
    await rename(from, to);
    await syncFolder(folder);
    if (firstMade === undefined) return;
    for (let made = folder; ; made = dirname(made)) {
      await syncFolder(dirname(made));
      if (made === firstMade) return;
    }
  } catch (error) {
    await rm(from, { recursive: true, force: true });
    throw asStorageError(error);
  }
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
