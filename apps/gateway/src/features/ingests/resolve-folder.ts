import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { isPathWithin } from '@pugmark/storage';
import { unprocessable } from '../../http/http-problem';

/**
 * The requested folder, normalized, after checking that it may be read: with every symbolic link resolved it lies in an
 * allowed root, exists, and is a folder. Throws 422s that disclose nothing about the server, above all not whether
 * something outside the roots exists.
 */
export async function resolveFolder(folder: string, roots: readonly string[]): Promise<string> {
  if (!isAbsolute(folder))
    throw folderProblem('folder_not_absolute', 'the folder must be an absolute path on the server');
  const requested = resolve(folder);
  const reals = await realRoots(roots);
  const real = await realpath(requested).catch((error: NodeJS.ErrnoException) => error);
  if (typeof real === 'string' && reals.some((root) => isPathWithin(real, root))) {
    await assertReadableFolder(real);
    return requested;
  }
  // The reason may be disclosed only for paths within a root.
  if (
    typeof real !== 'string' &&
    [...roots.map((root) => resolve(root)), ...reals].some((root) => isPathWithin(requested, root))
  ) {
    if (real.code === 'EACCES') throw unreadable();
    throw folderProblem(
      'folder_missing',
      'the folder does not exist: check its name, and that its disk or network share is mounted',
    );
  }
  throw folderProblem(
    'folder_not_allowed',
    'the folder lies outside the folders that may be ingested (setting INGEST_ROOTS)',
  );
}

async function assertReadableFolder(path: string): Promise<void> {
  const stats = await stat(path).catch(() => null);
  if (stats?.isDirectory() !== true)
    throw folderProblem('not_a_folder', 'the path is not a folder: to ingest single files, upload them');
  await access(path, constants.R_OK | constants.X_OK).catch(() => {
    throw unreadable();
  });
}

/** The roots with symbolic links resolved, without missing ones. */
export async function realRoots(roots: readonly string[]): Promise<string[]> {
  return (await Promise.all(roots.map((root) => realpath(root).catch(() => null)))).filter((root) => root !== null);
}

function unreadable(): Error {
  return folderProblem('folder_unreadable', 'the folder cannot be read by the service: check its permissions');
}

function folderProblem(code: string, message: string): Error {
  return unprocessable(code, 'folder', message);
}
