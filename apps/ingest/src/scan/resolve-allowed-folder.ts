import { realpath } from 'node:fs/promises';
import { PermanentError, RetryableError, messageOf } from '@pugmark/domain';
import { isPathWithin } from '@pugmark/storage';

/**
 * The folder's real path. It must lie below one of the roots once every symbolic link is resolved; the gateway checked that
 * when the ingest was asked for, and links can change since.
 */
export async function resolveAllowedFolder(folder: string, roots: readonly string[]): Promise<string> {
  let real: string;
  try {
    real = await realpath(folder);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new PermanentError(
        'folder_missing',
        'the folder is not there (any more): is its disk or network share mounted?',
      );
    }
    if (code === 'EACCES')
      throw new PermanentError(
        'folder_unreadable',
        'the folder cannot be read by the ingest service: check its permissions',
      );
    throw new RetryableError('folder_unavailable', `the folder cannot be opened: ${messageOf(error)}`);
  }
  for (const root of roots) {
    const realRoot = await realpath(root).catch(() => null);
    if (realRoot !== null && isPathWithin(real, realRoot)) return real;
  }
  throw new PermanentError('folder_not_allowed', 'the folder lies outside the allowed roots (setting INGEST_ROOTS)');
}
