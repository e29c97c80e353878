import { realpath } from 'node:fs/promises';
import type { DownloadableImage } from '@pugmark/db';
import { PermanentError } from '@pugmark/domain';
import { openWithin, type ImageStorage, type OpenedFile } from '@pugmark/storage';
import { HttpProblem } from '../../http/http-problem';
import { realRoots } from '../ingests/resolve-folder';

/**
 * Opens the file of an image; the caller closes it. A file left where it was ingested must still lie in an allowed
 * root, with every symbolic link resolved, since its folder may have become a link to anything. Throws a 410 when the
 * file is missing or is another one.
 */
export async function openImage(
  image: DownloadableImage,
  storage: ImageStorage,
  roots: readonly string[],
): Promise<OpenedFile> {
  const isCopy = image.mode === 'copy';
  const path = isCopy ? storage.pathOf(image.location) : image.location;
  // What the path refers to now; where the opened file is, is checked again.
  const real = await realpath(path).catch(() => null);
  const file = real === null ? null : await open(real, isCopy ? ['/'] : await realRoots(roots));
  if (file === null)
    throw fileProblem(
      'file_missing',
      'the file of the image is missing: check that its disk or network share is mounted',
    );
  if (file.stats.size !== image.bytes) {
    await file.handle.close();
    throw fileProblem('file_changed', 'the file of the image is another one than the one that was ingested');
  }
  return file;
}

/** Null for a file that cannot be read. */
async function open(path: string, roots: readonly string[]): Promise<OpenedFile | null> {
  try {
    return await openWithin(path, roots);
  } catch (error) {
    if (error instanceof PermanentError && error.code === 'outside_roots')
      throw fileProblem(
        'folder_not_allowed',
        'the file of the image lies outside the folders that may be ingested (setting INGEST_ROOTS)',
      );
    return null;
  }
}

function fileProblem(code: string, detail: string): HttpProblem {
  return new HttpProblem(410, code, detail);
}
