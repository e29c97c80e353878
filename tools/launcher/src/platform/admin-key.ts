import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newApiKey, parseApiKey } from '@pugmark/domain';
import { CommandError } from '@pugmark/toolkit';

/**
 * The file with the admin key of an instance: `.pugmark/<instance>/admin-key`, one line, so that a shell can read it.
 */
export function adminKeyFile(folder: string): string {
  return join(folder, 'admin-key');
}

/** Returns the instance's admin key: ADMIN_KEY, else the key of an earlier start, else a new one. */
export function adminKey(folder: string, environment: NodeJS.ProcessEnv): string {
  const given = environment['ADMIN_KEY'];
  if (given !== undefined && given !== '') return given;
  const file = adminKeyFile(folder);
  const kept = read(file);
  if (kept !== null) {
    if (parseApiKey(kept) === null)
      throw new CommandError(`${file} holds no key: remove it, and the next start creates a new one`);
    return kept;
  }
  const { key } = newApiKey();
  mkdirSync(folder, { recursive: true });
  // Readable by its owner only; written to a temporary file and renamed, so that it is never incomplete.
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
