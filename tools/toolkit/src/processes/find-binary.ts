import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Finds the first of `names` on the search path; `null` when there is none. */
export function findOnPath(names: readonly string[], path: string = process.env['PATH'] ?? ''): string | null {
  // A user's search path may lack the system folders that Debian installs servers in.
  const folders = [
    ...path.split(delimiter).filter((folder) => folder !== ''),
    '/usr/local/bin',
    '/usr/bin',
    '/usr/local/sbin',
    '/usr/sbin',
  ];
  return firstExecutable(names.flatMap((name) => folders.map((folder) => join(folder, name))));
}

export function firstExecutable(files: readonly string[]): string | null {
  return files.find(isExecutable) ?? null;
}

/** The folders `parent/*`, greatest version number first. */
export function versionFolders(parent: string): readonly string[] {
  try {
    const names = readdirSync(parent);
    return names.sort((a, b) => b.localeCompare(a, 'en', { numeric: true })).map((name) => join(parent, name));
  } catch {
    // Not installed there.
    return [];
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    // Missing, or not permitted.
    return false;
  }
}
