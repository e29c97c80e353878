import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { messageOf } from '@pugmark/domain';
import { CommandError } from '@pugmark/toolkit';
import { canEnter, type ServerUser } from './server-user';

export interface DataFolder {
  readonly folder: string;
  /** A random text that identifies a folder outside `.pugmark` as this instance's own. */
  readonly owner: string;
}

/**
 * Prepares the folder for the server's data: `preferred`, below `.pugmark`. If the server runs as another user who
 * cannot enter it (a clone below /root, say), a folder that this user can enter is used instead; its name is derived
 * from `preferred`, so that it is found again.
 */
export function prepareDataFolder(
  preferred: string,
  user: ServerUser | undefined,
  ownerBefore: string | undefined,
): DataFolder {
  const owner = ownerBefore ?? randomBytes(12).toString('hex');
  createOwned(preferred, user);
  if (user === undefined || canEnter(preferred, user)) return { folder: preferred, owner };

  const name = `pugmark-${createHash('sha256').update(preferred).digest('hex').slice(0, 16)}`;
  for (const parent of ['/var/lib', tmpdir()]) {
    const folder = join(parent, name);
    try {
      removeForeignData(folder, owner);
      createOwned(folder, user);
      writeFileSync(join(folder, 'owner'), owner);
    } catch (error) {
      if (['EACCES', 'EPERM', 'EROFS', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) continue;
      throw error;
    }
    if (canEnter(folder, user)) return { folder, owner };
  }
  throw new CommandError(
    `Postgres: the user ${user.name}, as whom it must run, can enter ` +
      `neither ${dirname(preferred)} nor /var/lib nor ${tmpdir()}`,
  );
}

/** Removes the data of an instance whose `.pugmark` was deleted. */
function removeForeignData(folder: string, owner: string): void {
  const file = join(folder, 'owner');
  if (existsSync(folder) && !(existsSync(file) && readFileSync(file, 'utf8') === owner))
    rmSync(folder, { recursive: true, force: true });
}

function createOwned(folder: string, user: ServerUser | undefined): void {
  try {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o700);
    if (user) chownSync(folder, user.uid, user.gid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPERM' && user === undefined) {
      throw new CommandError(
        `${folder} belongs to another user (it was started as that user before): ${messageOf(error)}; ` +
          'start as that user, or delete it',
      );
    }
    throw error;
  }
}
