// Runs one project's tests: `node tools/workspace/jest/run.mjs unit|integration|e2e|faults [jest arguments]`, from the
// project's folder.
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { jestConfig } = require('./config.cjs');
const { run } = require('jest');

const MODES = ['unit', 'integration', 'e2e', 'faults'];
const [mode, ...rest] = process.argv.slice(2);
if (!MODES.includes(mode)) {
  console.error(`usage: node ${fileURLToPath(import.meta.url)} ${MODES.join('|')} [jest arguments]`);
  process.exit(2);
}
const config = jestConfig(mode, resolve(process.cwd()));
await run(['--config', JSON.stringify(config), ...rest]);

// Handles that a test left open keep this process alive. That is a bug in the test, but it must not block everything
// after it. (An unref'd timer fires only if something else keeps the process alive.)
setTimeout(() => {
  console.error('a test left something open (a server, a timer, a child process): the run does not end by itself');
  process.exit(process.exitCode || 1);
}, 15_000).unref();
