import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { PermanentError, RetryableError, messageOf } from '@pugmark/domain';
import { readImageHeader } from '@pugmark/images';
import type { NewImage } from '@pugmark/db';
import { openWithin, type OpenedFile } from '@pugmark/storage';

export type ReadResult =
  | { readonly path: string; readonly image: NewImage }
  | { readonly path: string; readonly skip: { readonly code: string; readonly reason: string } };

/** Stores an image if necessary and returns its location, the value of `images.location`. */
export type StoreImage = (
  absolutePath: string,
  content: () => AsyncIterable<Uint8Array>,
  sha256: Buffer,
  format: NewImage['format'],
) => Promise<string>;

export interface ReadOptions {
  /** Maximum pixels of an image. */
  readonly pixelLimit: number;
  /** Maximum size of a file, in bytes. */
  readonly maxBytes: number;
  /** Called with each part of a file that is read. */
  readonly onProgress: () => void;
}

const MAX_TRIES = 3;

/** Codes of files and folders that were skipped because they could not be read; the images may be intact. */
export const UNREAD_CODES = [
  'io_error',
  'file_unreadable',
  'folder_unreadable',
  'content_changed',
  'insufficient_resources',
  'file_too_large',
] as const;

/**
 * Reads header and hash of one file and stores it; `root` is a real path. The file is opened once. A file that is not
 * an image, or cannot be read in three tries, is a result and not an error: a bad sector of a memory card must not stop
 * the scan. Errors that are thrown are not caused by the file.
 */
export async function readImage(
  root: string,
  path: string,
  options: ReadOptions,
  place: StoreImage,
): Promise<ReadResult> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await readOnce(root, path, options, place);
    } catch (error) {
      if (error instanceof PermanentError) return { path, skip: { code: error.code, reason: error.message } };
      if (!(error instanceof RetryableError) || error.code === 'disk_full') throw error;
      if (tries === MAX_TRIES)
        return { path, skip: { code: error.code, reason: `${error.message} (tried ${MAX_TRIES} times)` } };
    }
  }
}

async function readOnce(root: string, path: string, options: ReadOptions, place: StoreImage): Promise<ReadResult> {
  const file = await openFile(root, path);
  try {
    return { path, image: await readOpened(file, root, path, options, place) };
  } finally {
    await file.handle.close();
  }
}

async function readOpened(
  file: OpenedFile,
  root: string,
  path: string,
  { pixelLimit, maxBytes, onProgress }: ReadOptions,
  place: StoreImage,
): Promise<NewImage> {
  if (file.stats.size > maxBytes)
    throw new PermanentError(
      'file_too_large',
      `the file has ${toMebibytes(file.stats.size)} MiB, more than the ${toMebibytes(maxBytes)} MiB of an image (setting IMAGE_MAX_BYTES)`,
    );
  const header = await readImageHeader(file.path, { pixelLimit });
  const { sha256, bytes } = await hashContent(file, onProgress);
  const location = await place(join(root, path), () => contentOf(file, onProgress), sha256, header.format);
  await assertUnchanged(file, bytes);
  return {
    sha256,
    bytes,
    location,
    filePath: path,
    format: header.format,
    width: header.width,
    height: header.height,
    capturedLocal: header.capturedLocal,
    cameraMake: header.cameraMake,
    cameraModel: header.cameraModel,
    cameraSerial: header.cameraSerial,
    latitude: header.gps?.latitude ?? null,
    longitude: header.gps?.longitude ?? null,
  };
}

/** Throws as `readImageHeader` for a file that cannot be opened. */
async function openFile(root: string, path: string): Promise<OpenedFile> {
  try {
    return await openWithin(join(root, path), [root]);
  } catch (error) {
    if (error instanceof PermanentError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const message = `the file cannot be opened: ${messageOf(error)}`;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new PermanentError('file_missing', 'the file does not exist any more', { cause: error });
    if (code === 'EACCES' || code === 'EPERM' || code === 'ENAMETOOLONG')
      throw new PermanentError('file_unreadable', message, { cause: error });
    throw new RetryableError('io_error', message, { cause: error });
  }
}

async function* contentOf({ handle }: OpenedFile, onProgress: () => void): AsyncIterable<Uint8Array> {
  for await (const chunk of handle.createReadStream({ start: 0, autoClose: false, highWaterMark: 256 * 1024 })) {
    onProgress();
    yield chunk as Uint8Array;
  }
}

async function hashContent(file: OpenedFile, onProgress: () => void): Promise<{ sha256: Buffer; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const read = pipeline(contentOf(file, onProgress), async (chunks: AsyncIterable<Uint8Array>) => {
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.length;
    }
  });
  await read.catch((error: unknown) => {
    throw new RetryableError('file_unreadable', `the file could not be read to its end: ${messageOf(error)}`, {
      cause: error,
    });
  });
  return { sha256: hash.digest(), bytes };
}

/** Header, hash and stored content must be of the same file content. */
async function assertUnchanged({ handle, stats }: OpenedFile, bytes: number): Promise<void> {
  const now = await handle.stat();
  if (now.mtimeMs !== stats.mtimeMs || now.size !== bytes)
    throw new RetryableError('content_changed', 'the file changed while it was being read');
}

function toMebibytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20);
}
