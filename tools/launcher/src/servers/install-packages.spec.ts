import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withoutSystemServices } from './install-packages';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pugmark-policy-'));
  file = join(folder, 'policy-rc.d');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('prevents services from starting during the work, then removes its file', async () => {
  await withoutSystemServices(file, async () => {
    expect(readFileSync(file, 'utf8')).toContain('exit 101');
    expect(statSync(file).mode & 0o111).not.toBe(0);
  });
  expect(existsSync(file)).toBe(false);
});

it("restores the machine's own file, also when the work fails", async () => {
  writeFileSync(file, 'own');
  await expect(withoutSystemServices(file, () => Promise.reject(new Error('no network')))).rejects.toThrow(
    'no network',
  );
  expect(readFileSync(file, 'utf8')).toBe('own');
});

it('does not restore the file of a launcher that was killed', async () => {
  const killed = withoutSystemServices(file, () => new Promise(() => undefined));
  void killed;
  await withoutSystemServices(file, async () => undefined);
  expect(existsSync(file)).toBe(false);
});
