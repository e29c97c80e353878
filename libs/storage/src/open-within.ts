import { constants, type Stats } from 'node:fs';
import { open, readlink, realpath, type FileHandle } from 'node:fs/promises';
import { PermanentError } from '@pugmark/domain';
import { isPathWithin } from './is-path-within';

/** A file that stays the same whatever becomes of its name: it is read by its handle. */
export interface OpenedFile {
  readonly handle: FileHandle;
  /** Path under which libraries, in other processes too, read the same file while it is open. */
  readonly path: string;
  readonly stats: Stats;
}

/**
 * Opens a file for reading; the caller closes it. `roots` are real paths, without symbolic links. Where the handle is
 * decides, not where the path was when it was checked: between a check and an opening, another program may exchange a
 * file or a folder for a link. Throws PermanentError `outside_roots` for a file outside the roots, `symbolic_link` for
 * a link, `not_a_file` for a folder or a device, and the errors of Node.
 */
export async function openWithin(path: string, roots: readonly string[]): Promise<OpenedFile> {
  // O_NONBLOCK: opening a named pipe would otherwise wait for a writer.
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ELOOP') throw error;
      throw new PermanentError('symbolic_link', 'the file is a symbolic link, which is not followed', { cause: error });
    },
  );
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new PermanentError('not_a_file', 'a folder, device, socket or pipe, not a file');
    const { real, stable } = await placeOf(handle, path);
    if (!roots.some((root) => isPathWithin(real, root)))
      throw new PermanentError('outside_roots', 'the file lies outside the allowed folders');
    return { handle, path: stable, stats };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * Where an opened file is. Linux knows it by the handle (proc(5)); elsewhere the path is resolved, and only a file that
 * is exchanged twice at the right moments is not noticed.
 */
async function placeOf(handle: FileHandle, path: string): Promise<{ readonly real: string; readonly stable: string }> {
  if (process.platform !== 'linux') {
    const real = await realpath(path);
    return { real, stable: real };
  }
  const stable = `/proc/${process.pid}/fd/${handle.fd}`;
  return { real: await readlink(stable), stable };
}
