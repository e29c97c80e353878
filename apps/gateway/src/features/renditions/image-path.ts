import { realpath, stat } from 'node:fs/promises';
import type { PictureRow } from '@pugmark/db';
import type { ImageStorage } from '@pugmark/storage';
import { HttpProblem } from '../../http/http-problem';
import { isWithin, realRoots } from '../ingests/resolve-folder';

/**
 * Where the file of a picture lies. One that stayed where it was ingested from must lie in an allowed root still, with every
 * symbolic link resolved: what was a picture's folder may have become a link to anything. Throws 410 when the file is not there
 * any more, or is another one.
 */
export async function picturePath(
  picture: PictureRow,
  storage: ImageStorage,
  roots: readonly string[],
): Promise<string> {
  const path = picture.mode === 'copy' ? storage.pathOf(picture.location) : picture.location;
  const real = await realpath(path).catch(() => null);
  const facts = real === null ? null : await stat(real).catch(() => null);
  if (real === null || facts?.isFile() !== true)
    throw gone('file_missing', 'the file of the picture is not where it was: is its disk or network share mounted?');
  if (picture.mode === 'reference' && !(await realRoots(roots)).some((root) => isWithin(real, root))) {
    throw gone(
      'folder_not_allowed',
      'the file of the picture lies outside the folders that may be ingested (setting INGEST_ROOTS)',
    );
  }
  if (facts.size !== picture.bytes)
    throw gone('file_changed', 'the file of the picture is another one than the one that was ingested');
  return real;
}

function gone(code: string, detail: string): HttpProblem {
  return new HttpProblem(410, code, detail);
}
