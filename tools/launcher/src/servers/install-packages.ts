import { chmodSync, existsSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { CommandFailedError, lastLines, runCommand, findOnPath, CommandError, type Log } from '@pugmark/toolkit';
import type { ServerKey } from './server-context';

/** The package of each server in Debian and Ubuntu. */
export const PACKAGES: Readonly<Record<ServerKey, string>> = {
  postgres: 'postgresql',
  rabbitmq: 'rabbitmq-server',
  redis: 'redis-server',
};

/** The formula of each server in Homebrew, for error messages. */
export const FORMULAE: Readonly<Record<ServerKey, string>> = {
  postgres: 'postgresql@16',
  rabbitmq: 'rabbitmq',
  redis: 'redis',
};

const POLICY_FILE = '/usr/sbin/policy-rc.d';
const POLICY_MARKER = '# Written by Pugmark while it installs packages.';
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

/** Installs the packages, but not as system services, which would take the usual ports and start at every boot. */
export async function installPackages(
  services: readonly ServerKey[],
  log: Log,
  signal: AbortSignal | undefined,
): Promise<void> {
  const packages = services.map((service) => PACKAGES[service]);
  log(`installing with apt-get: ${packages.join(', ')} (once; their system services are not started)`);
  await withoutSystemServices(POLICY_FILE, async () => {
    // An outdated package list names files that the mirror no longer has.
    await aptGet(['-q', 'update'], UPDATE_DEADLINE_MS, signal);
    await aptGet(['-q', '-y', 'install', '--no-install-recommends', ...packages], INSTALL_DEADLINE_MS, signal);
  });
}

/**
 * Debian runs /usr/sbin/policy-rc.d before it starts a service; exit code 101 forbids it. A file of the machine's own
 * is restored afterwards; one that a killed launcher left behind is not taken for it.
 */
export async function withoutSystemServices(file: string, work: () => Promise<void>): Promise<void> {
  const saved = `${file}.before-pugmark`;
  const present = exists(file);
  if (present && !isOurs(file)) renameSync(file, saved);
  writeFileSync(file, `#!/bin/sh\n${POLICY_MARKER}\nexit 101\n`, { mode: 0o755 });
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
  return existsSync(file) && readFileSync(file, 'utf8').includes(POLICY_MARKER);
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
