import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isHeld, takeLauncherLock } from './launcher-lock';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'pugmark-lock-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('refuses a second holder while the first one runs, until it releases the lock', () => {
  const file = join(folder, 'launcher.json');
  const unlock = takeLauncherLock(file);
  expect(() => takeLauncherLock(file)).toThrow(`already running here: process ${process.pid}`);
  unlock();
  expect(takeLauncherLock(file)).not.toThrow();
});

it.each([
  ['of a process that has exited', JSON.stringify({ pid: 2 ** 22 + 1, start: '1' })],
  ['whose process id was reused', JSON.stringify({ pid: process.pid, start: 'long ago' })],
  ['that was written incompletely', '{"pid":'],
])('takes over a lock %s', (_what, text) => {
  const file = join(folder, 'launcher.json');
  writeFileSync(file, text);
  expect(() => takeLauncherLock(file)).not.toThrow();
});

it('recognises a reused process id by its start time', () => {
  expect(isHeld({ pid: 7, start: '100' }, '100')).toBe(true);
  expect(isHeld({ pid: 7, start: '100' }, '200')).toBe(false);
  expect(isHeld({ pid: 7, start: '100' }, undefined)).toBe(false);
});
