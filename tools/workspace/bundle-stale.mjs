// Bundles those projects of which a source has changed since they were bundled. No dependencies: it runs before
// anything is built, for the launcher (start.mjs) and for `npx pugmark` (apps/cli/bin).
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { entryPointsOf, isBundleCurrent } from './bundle-inputs.mjs';
import { ROOT, run } from './workspace-root.mjs';

const DEADLINE_MS = 5 * 60_000;

/** `projects` are folders below the workspace. Resolves with an error message, or null. */
export async function bundleStale(projects, log) {
  const stale = projects.filter(
    (project) => entryPointsOf(join(ROOT, project)).length > 0 && !isBundleCurrent(join(ROOT, project)),
  );
  if (stale.length === 0) return null;
  log(`bundling ${stale.join(', ')}`);
  // All at once: each takes less than a second.
  const codes = await Promise.all(
    stale.map((project) =>
      run(process.execPath, [join(ROOT, 'tools', 'workspace', 'bundle.mjs')], {
        cwd: join(ROOT, project),
        timeout: DEADLINE_MS,
        quiet: true,
      }),
    ),
  );
  const failed = stale.filter((_, index) => codes[index] !== 0);
  return failed.length > 0 ? `could not be bundled: ${failed.join(', ')}; the messages are above` : null;
}

// `node bundle-stale.mjs FOLDER…`
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problem = await bundleStale(process.argv.slice(2), (line) => console.log(line));
  if (problem !== null) {
    console.error(problem);
    process.exitCode = 1;
  }
}
