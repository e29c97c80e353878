import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newApiKey, parseApiKey } from '@pugmark/domain';
import { CommandError } from '@pugmark/toolkit';

/** Where the key of an instance lies: `.pugmark/<instance>/admin-key`, one line, so that a shell can read it. */
export function adminKeyFile(folder: string): string {
  return join(folder, 'admin-key');
}

/** The key that may do everything on this machine's instance: the one in ADMIN_KEY, else that of an earlier start, else a new one. */
export function adminKey(folder: string, environment: NodeJS.ProcessEnv): string {
  const given = environment['ADMIN_KEY'];
  if (given !== undefined && given !== '') return given;
  const file = adminKeyFile(folder);
  const kept = read(file);
  if (kept !== null) {
    if (parseApiKey(kept) === null)
      throw new CommandError(`${file} holds no key: remove it, and the next start makes a new one`);
    return kept;
  }
  const { key } = newApiKey();
  mkdirSync(folder, { recursive: true });
  // For the owner alone; written aside and renamed, so that it is never half there.
  writeFileSync(`${file}.new`, `${key}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return key;
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
