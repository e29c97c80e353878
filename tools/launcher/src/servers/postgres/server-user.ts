import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { CommandError } from '@pugmark/toolkit';

export interface ServerUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * The user as whom Postgres runs when it is started by root, because it refuses to run as root; undefined for any other
 * user.
 */
export function postgresUser(
  uid: number | undefined = process.getuid?.(),
  passwd: () => string = readPasswd,
): ServerUser | undefined {
  if (uid !== 0) return undefined;
  const users = parsePasswd(passwd());
  const user = users.find(({ name }) => name === 'postgres') ?? users.find(({ name }) => name === 'nobody');
  if (!user)
    throw new CommandError(
      'Postgres does not run as root and there is neither a user postgres nor nobody; start as an ordinary user',
    );
  return user;
}

export function parsePasswd(text: string): readonly ServerUser[] {
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 4)
    .map(([name, , uid, gid]) => ({ name: name ?? '', uid: Number(uid), gid: Number(gid) }));
}

/** Whether this user can enter the folder. Tried out, since the permissions of every parent folder matter. */
export function canEnter(folder: string, user: ServerUser): boolean {
  const { status } = spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], {
    cwd: '/',
    uid: user.uid,
    gid: user.gid,
    stdio: 'ignore',
    timeout: 10_000,
  });
  return status === 0;
}

function readPasswd(): string {
  return readFileSync('/etc/passwd', 'utf8');
}
