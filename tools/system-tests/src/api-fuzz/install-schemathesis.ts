import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '@pugmark/domain';
import { findPython } from '@pugmark/tensorflow';
import { type CommandContext, InterruptedError, runCommand } from '@pugmark/toolkit';

const INSTALL_DEADLINE_MS = 10 * 60_000;

export interface Schemathesis {
  readonly python: string;
  /** Folder of its packages, for PYTHONPATH. */
  readonly folder: string;
}

/**
 * Installs the fuzzer from PyPI, with the versions of requirements.txt, below `.pugmark/`. Resolves with the reason if
 * that is impossible.
 */
export async function installSchemathesis({
  root,
  log,
  signal,
}: Pick<CommandContext, 'root' | 'log' | 'signal'>): Promise<Schemathesis | { readonly problem: string }> {
  const requirements = join(root, 'tools', 'system-tests', 'src', 'api-fuzz', 'requirements.txt');
  const parent = join(root, '.pugmark', 'schemathesis');
  try {
    const python = await findPython(signal);
    if (!python.hasPip) return { problem: `it needs ${python.missing}: install that and start again` };
    // Compiled modules belong to one version of Python.
    const hash = createHash('sha256').update(readFileSync(requirements)).update(python.version);
    const folder = join(parent, hash.digest('hex').slice(0, 12));
    if (!existsSync(folder)) {
      log('installing Schemathesis from PyPI (once; 30 MB)');
      await install(python.path, requirements, parent, folder, signal);
    }
    return { python: python.path, folder };
  } catch (error) {
    if (signal.aborted) throw new InterruptedError();
    return { problem: messageOf(error) };
  }
}

/** Installs into a temporary folder and renames it, so that it is never incomplete. Removes other versions. */
async function install(
  python: string,
  requirements: string,
  parent: string,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  mkdirSync(parent, { recursive: true });
  for (const name of readdirSync(parent)) rmSync(join(parent, name), { recursive: true, force: true });
  const fresh = join(parent, `.new-${process.pid}`);
  try {
    await runCommand({
      command: python,
      args: [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--no-input',
        '--disable-pip-version-check',
        '--retries',
        '2',
        '--timeout',
        '20',
        '--no-deps',
        '--only-binary=:all:',
        '--target',
        fresh,
        '--requirement',
        requirements,
      ],
      deadlineMs: INSTALL_DEADLINE_MS,
      signal,
    });
    renameSync(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
