import { crc32, createInflateRaw } from 'node:zlib';
import type { Entry, ZipFile as Archive } from 'yauzl';
import type { UploadedFile } from '@pugmark/storage';
import type { UploadTarget } from '../accept-upload';
import { refusedFile } from '../upload-problems';
import { badZip, eachEntry } from './each-entry';
import { inspectZip } from './inspect-zip';
import { fileOfEntry, type ZipFile } from './zip-entry';

/** Unpacks the images of an archive one by one, each checked before the next. Throws at the first invalid one. */
export async function unpackZip(path: string, target: UploadTarget): Promise<UploadedFile[]> {
  await inspectZip(path, target);
  const files: UploadedFile[] = [];
  for await (const { entry, zip } of eachEntry(path)) {
    const file = fileOfEntry(entry);
    if (file === null) continue;
    const stored = await target.upload.add(file.name, contentOf(zip, entry, file), file.folders);
    await target.assertImage(stored);
    files.push(stored);
  }
  return files;
}

/** The unpacked content of an entry. Throws when it differs from the declared size. */
async function* contentOf(zip: Archive, entry: Entry, { displayPath: shown }: ZipFile): AsyncGenerator<Uint8Array> {
  const raw = await zip
    .openReadStreamPromise(entry, { decodeFileData: false })
    .catch((error: unknown) => Promise.reject(badZip(error)));
  const content = entry.compressionMethod === 0 ? raw : raw.pipe(createInflateRaw());
  raw.on('error', (error) => content.destroy(error));
  let bytes = 0;
  let sum = 0;
  try {
    for await (const chunk of content as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      // At once: the declared sizes were checked against the limits, so they must not be exceeded even temporarily.
      if (bytes > entry.uncompressedSize) throw wrongSize(shown);
      sum = crc32(chunk, sum);
      yield chunk;
    }
  } catch (error) {
    throw String((error as { code?: unknown }).code).startsWith('Z_') ? damaged(shown, error) : error;
  } finally {
    raw.destroy();
  }
  if (bytes !== entry.uncompressedSize) throw wrongSize(shown);
  if (sum !== entry.crc32) throw damaged(shown);
}

function wrongSize(shown: string): Error {
  return refusedFile(
    422,
    'zip_size_mismatch',
    shown,
    'the entry does not unpack to the size that the archive declares for it',
  );
}

function damaged(shown: string, cause?: unknown): Error {
  return refusedFile(422, 'zip_damaged', shown, 'the entry is damaged: pack it again', cause);
}
