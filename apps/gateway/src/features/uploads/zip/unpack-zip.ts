import { crc32, createInflateRaw } from 'node:zlib';
import type { Entry, ZipFile as Archive } from 'yauzl';
import type { UploadedFile } from '@pugmark/storage';
import type { Reception } from '../accept-upload';
import { refusedFile } from '../upload-problems';
import { badZip, eachEntry } from './each-entry';
import { inspectZip } from './inspect-zip';
import { fileOfEntry, type ZipFile } from './zip-entry';

/** Unpacks the pictures of an archive, one after the other, each checked before the next. Throws at the first that cannot be taken. */
export async function unpackZip(path: string, reception: Reception): Promise<UploadedFile[]> {
  await inspectZip(path, reception);
  const files: UploadedFile[] = [];
  for await (const { entry, zip } of eachEntry(path)) {
    const file = fileOfEntry(entry);
    if (file === null) continue;
    const stored = await reception.upload.add(file.name, contentOf(zip, entry, file), file.folders);
    await reception.assertPicture(stored);
    files.push(stored);
  }
  return files;
}

/** What an entry unpacks to, as long as it is what the directory says of it. */
async function* contentOf(zip: Archive, entry: Entry, { shown }: ZipFile): AsyncGenerator<Uint8Array> {
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
      // At once: what the limits are held against must not be exceeded, not even on the way.
      if (bytes > entry.uncompressedSize) throw lying(shown);
      sum = crc32(chunk, sum);
      yield chunk;
    }
  } catch (error) {
    throw String((error as { code?: unknown }).code).startsWith('Z_') ? damaged(shown, error) : error;
  } finally {
    raw.destroy();
  }
  if (bytes !== entry.uncompressedSize) throw lying(shown);
  if (sum !== entry.crc32) throw damaged(shown);
}

function lying(shown: string): Error {
  return refusedFile(
    422,
    'zip_lying_size',
    shown,
    'the entry does not unpack to the size that the archive gives for it',
  );
}

function damaged(shown: string, cause?: unknown): Error {
  return refusedFile(422, 'zip_damaged', shown, 'the entry is damaged: pack it again', cause);
}
