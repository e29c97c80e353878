import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { PermanentError, RetryableError, messageOf } from '@pugmark/domain';
import { readImageHeader } from '@pugmark/images';
import type { NewImage } from '@pugmark/db';

export type ReadResult =
  | { readonly path: string; readonly image: NewImage }
  | { readonly path: string; readonly skip: { readonly code: string; readonly reason: string } };

/** Stores an image if necessary and returns its location, the value of `images.location`. */
export type StoreImage = (absolutePath: string, sha256: Buffer, format: NewImage['format']) => Promise<string>;

const MAX_TRIES = 3;

/** Codes of files and folders that were skipped because they could not be read; the images may be intact. */
export const UNREAD_CODES = [
  'io_error',
  'file_unreadable',
  'folder_unreadable',
  'content_changed',
  'insufficient_resources',
] as const;

/**
 * Reads header and hash of one file and stores it. A file that is not an image, or cannot be read in three tries, is a
 * result and not an error: a bad sector of a memory card must not stop the scan. Errors that are thrown are not caused
 * by the file.
 */
export async function readImage(
  root: string,
  path: string,
  pixelLimit: number,
  place: StoreImage,
): Promise<ReadResult> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await readOnce(root, path, pixelLimit, place);
    } catch (error) {
      if (error instanceof PermanentError) return { path, skip: { code: error.code, reason: error.message } };
      if (!(error instanceof RetryableError) || error.code === 'disk_full') throw error;
      if (tries === MAX_TRIES)
        return { path, skip: { code: error.code, reason: `${error.message} (tried ${MAX_TRIES} times)` } };
    }
  }
}

async function readOnce(root: string, path: string, pixelLimit: number, place: StoreImage): Promise<ReadResult> {
  const absolutePath = join(root, path);
  const header = await readImageHeader(absolutePath, { pixelLimit });
  const { sha256, bytes } = await hashFile(absolutePath);
  return {
    path,
    image: {
      sha256,
      bytes,
      location: await place(absolutePath, sha256, header.format),
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
    },
  };
}

async function hashFile(path: string): Promise<{ sha256: Buffer; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const read = pipeline(
    createReadStream(path, { highWaterMark: 256 * 1024 }),
    async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
      }
    },
  );
  await read.catch((error: unknown) => {
    throw new RetryableError('file_unreadable', `the file could not be read to its end: ${messageOf(error)}`, {
      cause: error,
    });
  });
  return { sha256: hash.digest(), bytes };
}
