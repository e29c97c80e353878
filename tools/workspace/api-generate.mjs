// `npm run api:generate`: writes docs/openapi.json, the OpenAPI document of the gateway's operations. No server is
// needed. The client's types are then generated from it.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { entryPointsOf } from './bundle-inputs.mjs';
import { bundleStale } from './bundle-stale.mjs';
import { generateClientTypes } from './client-types.mjs';
import { ROOT } from './workspace-root.mjs';

const GATEWAY = join(ROOT, 'apps', 'gateway');
const DOCUMENT = join('docs', 'openapi.json');
const DEADLINE_MS = 60_000;

const problem = await bundleStale([join('apps', 'gateway')], () => undefined);
if (problem !== null) {
  console.error(`pugmark: ${problem}`);
  process.exit(1);
}
const { version } = JSON.parse(readFileSync(join(GATEWAY, 'package.json'), 'utf8'));
const document = execFileSync(process.execPath, [printDocumentScript(), version], {
  encoding: 'utf8',
  timeout: DEADLINE_MS,
  maxBuffer: 64 * 1024 * 1024,
});
const file = join(ROOT, DOCUMENT);
const isCurrent = existsSync(file) && readFileSync(file, 'utf8') === document;
if (!isCurrent) writeFileSync(file, document);
console.log(`${DOCUMENT}: ${isCurrent ? 'unchanged' : 'written'}`);
generateClientTypes();

/** The bundled script that prints the document. */
function printDocumentScript() {
  const source = entryPointsOf(GATEWAY).find((entry) => basename(entry) === 'print-document.child.ts');
  return join(GATEWAY, 'dist', 'bundle', relative(join(GATEWAY, 'src'), source)).replace(/\.ts$/, '.js');
}
