import { mkdirSync, statfsSync } from 'node:fs';
import { CommandError } from '@pugmark/toolkit';

const GIB = 1024 ** 3;

/** Throws when less than 1 GiB is free: on a full disk, servers fail late and with unclear errors. */
export function requireDiskSpace(folder: string, free: (folder: string) => number = freeBytes): void {
  mkdirSync(folder, { recursive: true });
  const bytes = free(folder);
  if (bytes < GIB) {
    throw new CommandError(
      `disk nearly full: ${(bytes / GIB).toFixed(2)} GiB free at ${folder}, at least 1 GiB is needed; ` +
        'free some space and try again',
    );
  }
}

function freeBytes(folder: string): number {
  const disk = statfsSync(folder);
  return disk.bavail * disk.bsize;
}
