// `npm run api:generate`: writes the OpenAPI document (docs/openapi.json), as the gateway's operations say it now, and the types of the
// client that are made from it (libs/client/src/schema.ts). No server is needed.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleStale } from './bundle-stale.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const GATEWAY = join(ROOT, 'apps', 'gateway');
const DOCUMENT = join('docs', 'openapi.json');
const DEADLINE_MS = 60_000;

const problem = await bundleStale([join('apps', 'gateway')], () => undefined);
if (problem !== null) {
  console.error(`pugmark: ${problem}`);
  process.exit(1);
}
const { version } = JSON.parse(readFileSync(join(GATEWAY, 'package.json'), 'utf8'));
write(DOCUMENT, output(join(GATEWAY, 'dist', 'bundle', 'api', 'openapi', 'print-document.child.js'), version));
write(
  join('libs', 'client', 'src', 'schema.ts'),
  output(join(ROOT, 'libs', 'client', 'generate-types.mjs'), join(ROOT, DOCUMENT)),
);

function output(script, argument) {
  return execFileSync(process.execPath, [script, argument], {
    encoding: 'utf8',
    timeout: DEADLINE_MS,
    maxBuffer: 64 * 1024 * 1024,
  });
}

function write(path, content) {
  const file = join(ROOT, path);
  const isCurrent = existsSync(file) && readFileSync(file, 'utf8') === content;
  if (!isCurrent) writeFileSync(file, content);
  console.log(`${path}: ${isCurrent ? 'as it was' : 'written'}`);
}
