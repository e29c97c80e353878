// Bundles those projects whose sources are newer than their bundle. Plain JavaScript without dependencies: it runs before anything is
// built, for the launcher (tools/start.mjs) and for `npx pugmark` (apps/cli/bin).
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const DEADLINE_MS = 5 * 60_000;

/** `projects` are folders below the workspace. Answers what went wrong, or null. */
export async function bundleStale(projects, say) {
  const fingerprint = fingerprintOf(['apps', 'libs', 'tools']);
  const stale = projects.filter(hasEntryPoint).filter((project) => !isBundled(project, fingerprint));
  if (stale.length === 0) return null;
  say(`bundling ${stale.join(', ')}`);
  // All at once: each takes less than a second.
  const codes = await Promise.all(
    stale.map((project) =>
      run(process.execPath, [join(ROOT, 'tools', 'bundle.mjs')], {
        cwd: join(ROOT, project),
        timeout: DEADLINE_MS,
        quiet: true,
      }),
    ),
  );
  stale.forEach((project, index) => {
    if (codes[index] === 0) writeFileSync(stampOf(project), fingerprint);
  });
  const failed = stale.filter((_, index) => codes[index] !== 0);
  return failed.length > 0 ? `could not be bundled: ${failed.join(', ')}; the messages are above` : null;
}

function isBundled(project, fingerprint) {
  return (
    existsSync(join(ROOT, project, 'dist', 'bundle', 'main.js')) &&
    existsSync(stampOf(project)) &&
    readFileSync(stampOf(project), 'utf8') === fingerprint
  );
}

function stampOf(project) {
  return join(ROOT, project, 'dist', 'bundle.stamp');
}

function hasEntryPoint(project) {
  return existsSync(join(ROOT, project, 'src', 'main.ts'));
}

// Name, size and time of every source file: a file that was taken away counts as well.
function fingerprintOf(folders) {
  const hash = createHash('sha256').update(readFileSync(join(ROOT, 'package-lock.json')));
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name.startsWith('.')) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile()) hash.update(`${path} ${statSync(path).size} ${statSync(path).mtimeMs}\n`);
    }
  };
  for (const folder of folders) walk(join(ROOT, folder));
  return hash.digest('hex');
}

// Resolves with the exit code. A quiet command's words are shown only if it fails.
export function run(command, args, { cwd, timeout, quiet = false }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      timeout,
      stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
    });
    let words = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (words += data));
    child.on('error', (error) => {
      process.stderr.write(`${error.message}\n`);
      resolve(1);
    });
    child.on('close', (code, signal) => {
      if (code !== 0) process.stderr.write(words);
      // A command that was interrupted has been told so by the user.
      if (signal === 'SIGINT') process.exit(130);
      resolve(code ?? signal);
    });
  });
}
