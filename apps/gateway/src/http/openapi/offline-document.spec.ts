import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { offlineDocument } from './offline-document';

const ROOT = join(__dirname, '../../../../..');

it('is what docs/openapi.json holds, for people and for the client', async () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'apps/gateway/package.json'), 'utf8')) as { version: string };
  const isCurrent =
    readFileSync(join(ROOT, 'docs/openapi.json'), 'utf8') ===
    `${JSON.stringify(await offlineDocument(version), null, 2)}\n`;
  expect(
    isCurrent ? 'current' : 'docs/openapi.json is not what the operations say now: run `npm run api:generate`',
  ).toBe('current');
});
