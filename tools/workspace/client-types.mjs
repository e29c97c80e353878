// Generates the types of libs/client from docs/openapi.json. They are not checked in.
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './workspace-root.mjs';

const CLIENT = join(ROOT, 'libs', 'client');
const GENERATOR = join(CLIENT, 'generate-types.mjs');
const DOCUMENT = join(ROOT, 'docs', 'openapi.json');
const TYPES = join(CLIENT, 'src', 'generated', 'schema.ts');
const DEADLINE_MS = 60_000;

export function generateClientTypes() {
  execFileSync(process.execPath, [GENERATOR, DOCUMENT, TYPES], { timeout: DEADLINE_MS, stdio: 'inherit' });
}

/** Generates them where they are missing, or older than what they are made from. */
export function generateStaleClientTypes() {
  const changed = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (changed(TYPES) < Math.max(changed(DOCUMENT), changed(GENERATOR))) generateClientTypes();
}
