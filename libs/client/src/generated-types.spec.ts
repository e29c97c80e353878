import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const LIB = join(__dirname, '..');
const DOCUMENT = join(LIB, '../../docs/openapi.json');

it('generates a type for every path and schema of docs/openapi.json', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pugmark-client-types-'));
  try {
    const target = join(folder, 'schema.ts');
    execFileSync(process.execPath, [join(LIB, 'generate-types.mjs'), DOCUMENT, target], { timeout: 30_000 });
    const types = readFileSync(target, 'utf8');
    const { paths, components } = JSON.parse(readFileSync(DOCUMENT, 'utf8')) as {
      readonly paths: object;
      readonly components: { readonly schemas: object };
    };
    const missing = [
      ...Object.keys(paths).filter((path) => !types.includes(`"${path}": {`)),
      ...Object.keys(components.schemas).filter((name) => !new RegExp(`^ {8}"?${name}"?: `, 'm').test(types)),
    ];
    expect(missing).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 30_000);
