import { RetryableError } from '@pugmark/domain';

const DISK_FULL_CODES = new Set(['ENOSPC', 'EDQUOT']);

/**
 * Converts a full-disk error to a RetryableError that says what to do; returns others unchanged. Contains no path: it
 * may be shown to a client.
 */
export function asStorageError(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === undefined || !DISK_FULL_CODES.has(code)) return error;
  const why =
    code === 'EDQUOT' ? 'the disk quota of the storage folder is used up' : 'the disk of the storage folder is full';
  return new RetryableError('disk_full', `${why}: free some space, or move STORAGE_DIR to a larger disk`, {
    cause: error,
  });
}
