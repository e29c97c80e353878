// Records which files went into a bundle, so that it is made again only when one of them has changed. No dependencies:
// it runs before anything is built.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { ROOT } from './workspace-root.mjs';

const INPUTS_FILE = join('dist', 'bundle', 'inputs.json');
/** Files that change every bundle, besides its sources. */
const SETTINGS = ['tsconfig.base.json', 'tools/workspace/bundle.mjs', 'node_modules/esbuild/package.json'];

/** Every `main.ts` and `*.child.ts` below the project's src, sorted. */
export function entryPointsOf(project) {
  return filesBelow(join(project, 'src')).filter((file) => basename(file) === 'main.ts' || file.endsWith('.child.ts'));
}

/** Every file below a folder, sorted. (node:fs has a glob only from Node 22 on.) */
export function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** `inputs` are relative to the project, as esbuild names them. */
export function writeBundleInputs(project, inputs) {
  const files = [...inputs.map((input) => relative(ROOT, join(project, input))), ...SETTINGS].sort();
  writeFileSync(join(project, INPUTS_FILE), JSON.stringify(fingerprint(project, files), null, 1));
}

/** Whether the bundle was made from the sources as they are now. */
export function isBundleCurrent(project) {
  try {
    const recorded = readFileSync(join(project, INPUTS_FILE), 'utf8');
    const files = Object.keys(JSON.parse(recorded).files);
    return JSON.stringify(fingerprint(project, files), null, 1) === recorded;
  } catch {
    // Never bundled, or one of its sources was removed.
    return false;
  }
}

function fingerprint(project, files) {
  return {
    entryPoints: entryPointsOf(project).map((file) => relative(project, file)),
    files: Object.fromEntries(
      files.map((file) => [
        file,
        createHash('sha256')
          .update(readFileSync(join(ROOT, file)))
          .digest('hex'),
      ]),
    ),
  };
}
