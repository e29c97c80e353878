import { chmodSync, existsSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { CommandFailedError, lastLines, runCommand, findOnPath, CommandError, type Log } from '@pugmark/toolkit';
import type { ServerKey } from './server-context';

/** Debian's and Ubuntu's package of each service. */
export const PACKAGES: Readonly<Record<ServerKey, string>> = {
  postgres: 'postgresql',
  rabbitmq: 'rabbitmq-server',
  redis: 'redis-server',
};

/** Homebrew's, only to be named. */
export const FORMULAE: Readonly<Record<ServerKey, string>> = {
  postgres: 'postgresql@16',
  rabbitmq: 'rabbitmq',
  redis: 'redis',
};

const POLICY_FILE = '/usr/sbin/policy-rc.d';
const MARK = '# Written by Pugmark while it installs packages.';
const UPDATE_DEADLINE_MS = 5 * 60_000;
const INSTALL_DEADLINE_MS = 20 * 60_000;

export function mayInstallPackages(): boolean {
  return (
    process.platform === 'linux' &&
    process.getuid?.() === 0 &&
    existsSync('/etc/debian_version') &&
    findOnPath(['apt-get']) !== null
  );
}

/** Installs the packages, but not as system services: they would take the usual ports and start at every boot. */
export async function installPackages(
  services: readonly ServerKey[],
  log: Log,
  signal: AbortSignal | undefined,
): Promise<void> {
  const packages = services.map((service) => PACKAGES[service]);
  log(`installing with apt-get: ${packages.join(', ')} (once; their system services are not started)`);
  await withoutSystemServices(POLICY_FILE, async () => {
    // An old list of packages names files that the mirror no longer has.
    await aptGet(['-q', 'update'], UPDATE_DEADLINE_MS, signal);
    await aptGet(['-q', '-y', 'install', '--no-install-recommends', ...packages], INSTALL_DEADLINE_MS, signal);
  });
}

/**
 * Debian asks /usr/sbin/policy-rc.d before it starts a service; 101 means no. A file that is there already is put back afterwards, and one
 * that an earlier, killed launcher wrote is not mistaken for the machine's own.
 */
export async function withoutSystemServices(file: string, work: () => Promise<void>): Promise<void> {
  const saved = `${file}.before-pugmark`;
  const present = exists(file);
  if (present && !isOurs(file)) renameSync(file, saved);
  writeFileSync(file, `#!/bin/sh\n${MARK}\nexit 101\n`, { mode: 0o755 });
  chmodSync(file, 0o755);
  try {
    await work();
  } finally {
    rmSync(file, { force: true });
    if (exists(saved)) renameSync(saved, file);
  }
}

function exists(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}

function isOurs(file: string): boolean {
  return existsSync(file) && readFileSync(file, 'utf8').includes(MARK);
}

async function aptGet(args: readonly string[], deadlineMs: number, signal: AbortSignal | undefined): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  try {
    await runCommand({ command: 'apt-get', args, deadlineMs, env, signal });
  } catch (error) {
    if (!(error instanceof CommandFailedError)) throw error;
    const output = lastLines(error.output, 6).join('\n  ');
    throw new CommandError(`apt-get ${args.join(' ')} failed (${error.outcome}):\n  ${output}`);
  }
}
