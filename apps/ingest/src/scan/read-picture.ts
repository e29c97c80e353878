import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { PermanentError } from '@pugmark/domain';
import { readImageHeader } from '@pugmark/images';
import type { NewImage } from '@pugmark/db';

export type ReadPicture =
  | { readonly path: string; readonly image: NewImage }
  | { readonly path: string; readonly skip: { readonly code: string; readonly reason: string } };

/** Where the picture of this path and content lies from now on: answers `images.location`. */
export type PlacePicture = (absolutePath: string, sha256: Buffer, format: NewImage['format']) => Promise<string>;

/** Header, hash and place of one file. A file that is no picture is an answer, not an error; trouble that may pass is thrown. */
export async function readPicture(root: string, path: string, pixelLimit: number, place: PlacePicture): Promise<ReadPicture> {
  const absolutePath = join(root, path);
  try {
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
  } catch (error) {
    if (error instanceof PermanentError) return { path, skip: { code: error.code, reason: error.message } };
    throw error;
  }
}

async function hashFile(path: string): Promise<{ sha256: Buffer; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(createReadStream(path, { highWaterMark: 256 * 1024 }), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.length;
    }
  });
  return { sha256: hash.digest(), bytes };
}
