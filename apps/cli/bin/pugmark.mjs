#!/usr/bin/env node
// Runs `npx pugmark`. In a workspace it first bundles the command if its sources are newer; elsewhere (in an image) the
// bundle exists.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const CLI = dirname(dirname(fileURLToPath(import.meta.url)));
const bundler = join(CLI, '..', '..', 'tools', 'workspace', 'bundle-stale.mjs');

if (existsSync(bundler)) {
  const { bundleStale } = await import(pathToFileURL(bundler).href);
  const problem = await bundleStale([join('apps', 'cli')], () => undefined);
  if (problem !== null) {
    process.stderr.write(`pugmark: ${problem}\n`);
    process.exit(1);
  }
}
process.setSourceMapsEnabled(true);
createRequire(import.meta.url)(join(CLI, 'dist', 'bundle', 'main.js'));
