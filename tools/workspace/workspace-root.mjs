// Where the workspace is, which packages it has, and how its scripts run other programs. No dependencies: used before
// any package is installed.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The workspace folders that a package depends on at run time, directly or not, itself included: `tools/bench`, … */
export function dependencyFolders(folder) {
  const folders = new Map(
    ['apps', 'libs', 'tools'].flatMap((parent) =>
      readdirSync(join(ROOT, parent))
        .map((name) => join(parent, name))
        .filter((path) => existsSync(join(ROOT, path, 'package.json')))
        .map((path) => [readManifest(path).name, path]),
    ),
  );
  const found = new Set();
  const visit = (path) => {
    if (path === undefined || found.has(path)) return;
    found.add(path);
    for (const name of Object.keys(readManifest(path).dependencies ?? {})) visit(folders.get(name));
  };
  visit(folder);
  return [...found];
}

function readManifest(folder) {
  return JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
}

/** Runs a program and resolves with its exit code. The output of a quiet one is shown only if it fails. */
export function run(command, args, { cwd, timeout, quiet = false }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      timeout,
      stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (output += data));
    child.on('error', (error) => {
      process.stderr.write(`${error.message}\n`);
      resolve(1);
    });
    child.on('close', (code, signal) => {
      if (code !== 0) process.stderr.write(output);
      // The user interrupted it and needs no message.
      if (signal === 'SIGINT') process.exit(130);
      resolve(code ?? signal);
    });
  });
}
