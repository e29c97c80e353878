import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { basename, join } from 'node:path';

const APP = join(__dirname, '..', '..', '..');
const STAYS_OUTSIDE = ['sharp', 'exif-reader', '@tensorflow/*', '@vladmandic/human'];

/**
 * Bundles a file of the parent folder as the build does, into a new folder within the app, where npm packages are
 * found.
 */
export function bundleForTest(source: string): { readonly folder: string; readonly path: string } {
  mkdirSync(join(APP, 'dist'), { recursive: true });
  const folder = mkdtempSync(join(APP, 'dist', 'test-'));
  const path = join(folder, basename(source).replace(/\.ts$/, '.js'));
  execFileSync(process.execPath, [
    require.resolve('esbuild/bin/esbuild'),
    join(__dirname, '..', source),
    '--bundle',
    '--platform=node',
    '--target=node20',
    '--format=cjs',
    '--log-level=warning',
    `--outfile=${path}`,
    ...STAYS_OUTSIDE.map((name) => `--external:${name}`),
  ]);
  return { folder, path };
}
