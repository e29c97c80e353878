import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';

const APP = join(__dirname, '..', '..');

/** A folder within the app, from which npm packages resolve. */
export function folderInApp(): string {
  mkdirSync(join(APP, 'dist'), { recursive: true });
  return mkdtempSync(join(APP, 'dist', 'test-'));
}

/** Bundles a child process of `features/renditions`, as the app's build does; returns the path of the bundle. */
export function bundleChild(folder: string, name: 'render' | 'check'): string {
  const bundle = join(folder, `${name}.child.js`);
  execFileSync(process.execPath, [
    require.resolve('esbuild/bin/esbuild'),
    join(__dirname, '..', 'features', 'renditions', `${name}.child.ts`),
    '--bundle',
    '--platform=node',
    '--format=cjs',
    '--log-level=warning',
    `--outfile=${bundle}`,
    '--external:sharp',
    '--external:exif-reader',
  ]);
  return bundle;
}
