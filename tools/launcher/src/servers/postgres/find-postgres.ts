import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findOnPath, versionFolders } from '@pugmark/toolkit';

export interface PostgresBinaries {
  /** Folder that holds initdb, postgres and pg_isready. */
  readonly bin: string;
}

const NEEDED = ['initdb', 'postgres', 'pg_isready'];

/** Finds every installed Postgres, newest first. Debian keeps the server's programs out of the search path. */
export function findPostgres(): readonly PostgresBinaries[] {
  const onPath = findOnPath(['postgres']);
  const folders = [
    ...versionFolders('/usr/lib/postgresql').map((folder) => join(folder, 'bin')),
    ...(onPath === null ? [] : [dirname(onPath)]),
    ...versionFolders('/usr')
      .filter((folder) => folder.includes('pgsql'))
      .map((folder) => join(folder, 'bin')),
    ...versionFolders('/opt/homebrew/opt')
      .filter((folder) => folder.includes('postgresql'))
      .map((folder) => join(folder, 'bin')),
  ];
  return folders.filter((bin) => NEEDED.every((name) => existsSync(join(bin, name)))).map((bin) => ({ bin }));
}
