import { realpath } from 'node:fs/promises';
import { PermanentError, RetryableError, messageOf } from '@pugmark/domain';
import { isPathWithin } from '@pugmark/storage';

/**
 * Returns the folder's real path, which must be within one of the roots after resolving all symbolic links. The gateway
 * checked that at the request, but links may have changed since.
 */
export async function resolveAllowedFolder(folder: string, roots: readonly string[]): Promise<string> {
  let real: string;
  try {
    real = await realpath(folder);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new PermanentError('folder_missing', 'the folder does not exist: is its disk or network share mounted?');
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
