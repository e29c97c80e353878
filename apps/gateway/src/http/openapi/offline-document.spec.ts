import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { offlineDocument } from './offline-document';

const ROOT = join(__dirname, '../../../../..');

it('is the content of docs/openapi.json', async () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'apps/gateway/package.json'), 'utf8')) as { version: string };
  const isCurrent =
    readFileSync(join(ROOT, 'docs/openapi.json'), 'utf8') ===
    `${JSON.stringify(await offlineDocument(version), null, 2)}\n`;
  expect(isCurrent ? 'current' : 'docs/openapi.json does not match the operations: run `npm run api:generate`').toBe(
    'current',
  );
});
