import { realpath, stat } from 'node:fs/promises';
import type { DownloadableImage } from '@pugmark/db';
import { isPathWithin, type ImageStorage } from '@pugmark/storage';
import { HttpProblem } from '../../http/http-problem';
import { realRoots } from '../ingests/resolve-folder';

/**
 * Path of an image's file. A file left where it was ingested must still lie in an allowed root, with every symbolic
 * link resolved, since its folder may have become a link to anything. Throws a 410 when the file is missing or is
 * another one.
 */
export async function imagePath(
  image: DownloadableImage,
  storage: ImageStorage,
  roots: readonly string[],
): Promise<string> {
  const path = image.mode === 'copy' ? storage.pathOf(image.location) : image.location;
  const real = await realpath(path).catch(() => null);
  const stats = real === null ? null : await stat(real).catch(() => null);
  if (real === null || stats?.isFile() !== true)
    throw fileProblem(
      'file_missing',
      'the file of the image is missing: check that its disk or network share is mounted',
    );
  if (image.mode === 'reference' && !(await realRoots(roots)).some((root) => isPathWithin(real, root))) {
    throw fileProblem(
      'folder_not_allowed',
      'the file of the image lies outside the folders that may be ingested (setting INGEST_ROOTS)',
    );
  }
  if (stats.size !== image.bytes)
    throw fileProblem('file_changed', 'the file of the image is another one than the one that was ingested');
  return real;
}

function fileProblem(code: string, detail: string): HttpProblem {
  return new HttpProblem(410, code, detail);
}
