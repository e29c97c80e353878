import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isHeld, takeLauncherLock } from './launcher-lock';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'pugmark-lock-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('refuses while its holder lives, and lets go', () => {
  const file = join(folder, 'launcher.json');
  const unlock = takeLauncherLock(file);
  expect(() => takeLauncherLock(file)).toThrow(`already running here: process ${process.pid}`);
  unlock();
  expect(takeLauncherLock(file)).not.toThrow();
});

it.each([
  ['of a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1, start: '1' })],
  ['whose number another process has now', JSON.stringify({ pid: process.pid, start: 'long ago' })],
  ['cut off', '{"pid":'],
])('takes over a lock %s', (_what, text) => {
  const file = join(folder, 'launcher.json');
  writeFileSync(file, text);
  expect(() => takeLauncherLock(file)).not.toThrow();
});

it('tells a used-again number by its start', () => {
  expect(isHeld({ pid: 7, start: '100' }, '100')).toBe(true);
  expect(isHeld({ pid: 7, start: '100' }, '200')).toBe(false);
  expect(isHeld({ pid: 7, start: '100' }, undefined)).toBe(false);
});
