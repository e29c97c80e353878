import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { PermanentError, RetryableError, messageOf } from '@pugmark/domain';

const CHUNK_BYTES = 256 * 1024;
const MISSING_CODES = new Set(['ENOENT', 'ENOTDIR']);
/** ELOOP: a link to itself. ERR_FS_FILE_TOO_LARGE: over 2 GiB, which Node does not read into memory. */
const UNREADABLE_CODES = new Set([
  'EACCES',
  'EPERM',
  'EISDIR',
  'ELOOP',
  'ENAMETOOLONG',
  'ENXIO',
  'ERR_FS_FILE_TOO_LARGE',
]);

/**
 * Reads the first `bytes` bytes of the file, fewer if it is shorter. Throws PermanentError `empty_file`,
 * `file_missing`, `file_unreadable`; RetryableError `io_error` for errors that may not recur.
 */
export async function readHead(path: string, bytes: number): Promise<Buffer> {
  return readParts(path, async (file) => {
    const buffer = Buffer.alloc(bytes);
    const { bytesRead } = await file.read(buffer, 0, bytes, 0);
    return buffer.subarray(0, bytesRead);
  });
}

/** Reads the whole file; throws as `readHead` does. */
export async function readContent(path: string): Promise<Buffer> {
  return readParts(path, (file) => file.readFile());
}

/**
 * Reads a file to its end, and returns its content if it has at most `maxBytes`, else null: it would not fit into
 * memory. Throws as `readHead` does.
 */
export async function readToEnd(path: string, maxBytes: number): Promise<Buffer | null> {
  let isLarge = false;
  const content = await readParts(path, async (file) => {
    isLarge = (await file.stat()).size > maxBytes;
    if (!isLarge) return file.readFile();
    const buffer = Buffer.alloc(CHUNK_BYTES);
    while ((await file.read(buffer, 0, CHUNK_BYTES, null)).bytesRead > 0);
    return buffer;
  });
  return isLarge ? null : content;
}

/** Calls `read` with the opened file; throws as `readHead` does. */
export async function readParts(path: string, read: (file: FileHandle) => Promise<Buffer>): Promise<Buffer> {
  let file: FileHandle | undefined;
  try {
    // O_NONBLOCK: opening a named pipe would otherwise wait for a writer.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!(await file.stat()).isFile())
      throw new PermanentError('file_unreadable', `${path} is a folder or a device, not a file`);
    const content = await read(file);
    if (content.length === 0)
      throw new PermanentError('empty_file', 'the file is empty (0 bytes): copy it from the camera again');
    return content;
  } catch (error) {
    throw fileError(path, error);
  } finally {
    await file?.close();
  }
}

function fileError(path: string, error: unknown): unknown {
  if (error instanceof PermanentError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (MISSING_CODES.has(code)) return new PermanentError('file_missing', `${path} does not exist`, { cause: error });
  if (UNREADABLE_CODES.has(code)) {
    return new PermanentError('file_unreadable', `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  return new RetryableError('io_error', `reading ${path} failed: ${messageOf(error)}`, { cause: error });
}
