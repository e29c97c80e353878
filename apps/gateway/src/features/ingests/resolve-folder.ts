import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { isAbsolute, resolve, sep } from 'node:path';
import { unprocessable } from '../../http/http-problem';

/**
 * The folder that a client asked for, tidied, once it is sure that it may be read: with every symbolic link resolved it lies
 * in an allowed root, it is there, and it is a folder. Throws 422s that tell nothing of the server that the client did not
 * say itself; above all not whether something outside the roots exists.
 */
export async function resolveFolder(folder: string, roots: readonly string[]): Promise<string> {
  if (!isAbsolute(folder)) throw refusal('folder_not_absolute', 'the folder must be an absolute path on the server');
  const asked = resolve(folder);
  const reals = await realRoots(roots);
  const real = await realpath(asked).catch((error: NodeJS.ErrnoException) => error);
  if (typeof real === 'string' && reals.some((root) => isWithin(real, root))) {
    await assertReadableFolder(real);
    return asked;
  }
  // Only of what lies within a root, by its very name, may be told why it cannot be opened.
  if (
    typeof real !== 'string' &&
    [...roots.map((root) => resolve(root)), ...reals].some((root) => isWithin(asked, root))
  ) {
    if (real.code === 'EACCES') throw unreadable();
    throw refusal(
      'folder_missing',
      'the folder is not there: is its name right, and its disk or network share mounted?',
    );
  }
  throw refusal(
    'folder_not_allowed',
    'the folder lies outside the folders that may be ingested (setting INGEST_ROOTS)',
  );
}

async function assertReadableFolder(path: string): Promise<void> {
  const facts = await stat(path).catch(() => null);
  if (facts?.isDirectory() !== true)
    throw refusal('not_a_folder', 'the path is not a folder: to take in single files, upload them');
  await access(path, constants.R_OK | constants.X_OK).catch(() => {
    throw unreadable();
  });
}

/** With every symbolic link resolved; without those that are not there. */
export async function realRoots(roots: readonly string[]): Promise<string[]> {
  return (await Promise.all(roots.map((root) => realpath(root).catch(() => null)))).filter((root) => root !== null);
}

export function isWithin(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

function unreadable(): Error {
  return refusal('folder_unreadable', 'the folder cannot be read by the service: check its permissions');
}

function refusal(code: string, message: string): Error {
  return unprocessable(code, 'folder', message);
}
