import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Reads what a server chose at its first start (ports, password, …), so that the next start finds its data again. `{}`
 * when there is no file.
 */
export function readState<T extends object>(file: string): Partial<T> {
  try {
    const state: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof state === 'object' && state !== null ? (state as Partial<T>) : {};
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

/**
 * Written readable by its owner only, because it holds a password; to a temporary file that is renamed, so that it is
 * never incomplete.
 */
export function writeState<T extends object>(file: string, state: T): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
