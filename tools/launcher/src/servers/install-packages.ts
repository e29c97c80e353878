import { spawn } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { findOnPath, LauncherError, type Log } from '@pugmark/toolkit';
import type { ServiceKey } from './server-context';

/** Debian's and Ubuntu's package of each service. */
export const PACKAGES: Readonly<Record<ServiceKey, string>> = {
  postgres: 'postgresql',
  rabbitmq: 'rabbitmq-server',
  redis: 'redis-server',
};

/** Homebrew's, only to be named. */
export const FORMULAE: Readonly<Record<ServiceKey, string>> = {
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
  services: readonly ServiceKey[],
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

function aptGet(args: readonly string[], deadlineMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('apt-get', args, {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: deadlineMs,
      ...(signal ? { signal } : {}),
    });
    let output = '';
    const keep = (data: Buffer): void => void (output = (output + data.toString()).slice(-4_000));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', reject);
    child.once('close', (code, killedBy) => {
      if (code === 0) return resolve();
      const last = output.trim().split('\n').slice(-6).join('\n  ');
      reject(new LauncherError(`apt-get ${args.join(' ')} failed (${killedBy ?? `exit code ${code}`}):\n  ${last}`));
    });
  });
}
