import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const LIB = join(__dirname, '..');

it('is what docs/openapi.json says', () => {
  const now = execFileSync(process.execPath, [join(LIB, 'generate-types.mjs'), join(LIB, '../../docs/openapi.json')], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  const isCurrent = readFileSync(join(__dirname, 'schema.ts'), 'utf8') === now;
  expect(
    isCurrent
      ? 'current'
      : 'libs/client/src/schema.ts is not what docs/openapi.json says now: run `npm run api:generate`',
  ).toBe('current');
}, 30_000);
