import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CommandError, processFacts } from '@pugmark/toolkit';

interface Holder {
  readonly pid: number;
  readonly start: string;
}

/**
 * Locks an instance, because two launchers on one would stop each other's servers. Returns the function that releases
 * the lock.
 */
export function takeLauncherLock(file: string): () => void {
  mkdirSync(dirname(file), { recursive: true });
  const own: Holder = { pid: process.pid, start: processFacts(process.pid)?.start ?? '' };
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      writeFileSync(file, JSON.stringify(own), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = readHolder(file);
    if (holder && isHeld(holder, processFacts(holder.pid)?.start)) {
      throw new CommandError(
        `already running here: process ${holder.pid} uses ${dirname(file)}; ` +
          `end it first (Ctrl-C in its terminal, or kill ${holder.pid})`,
      );
    }
    // Left behind by a launcher that was killed.
    rmSync(file, { force: true });
  }
  throw new CommandError(`cannot take ${file}: another launcher starts at the same moment; try again`);
}

/** Whether the holder still runs; `start` is undefined when no process has its id now. */
export function isHeld(holder: Holder, start: string | undefined): boolean {
  return start !== undefined && start === holder.start;
}

function readHolder(file: string): Holder | null {
  try {
    const holder: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof holder === 'object' && holder !== null && 'pid' in holder && 'start' in holder
      ? (holder as Holder)
      : null;
  } catch {
    // Removed meanwhile, or written incompletely: it has no holder.
    return null;
  }
}
