import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWithin } from './open-within';

describe('openWithin', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pugmark-open-')));
  const root = join(folder, 'root');
  beforeAll(() => {
    for (const name of ['root/a', 'outside']) mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(root, 'a', 'image.jpg'), 'inside');
    writeFileSync(join(folder, 'outside', 'image.jpg'), 'secret');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('reads the opened file, although its name refers to another one meanwhile', async () => {
    const path = join(root, 'a', 'exchanged.jpg');
    writeFileSync(path, 'the first');
    const file = await openWithin(path, [root]);
    renameSync(path, `${path}.old`);
    symlinkSync(join(folder, 'outside', 'image.jpg'), path);
    expect(await readFile(file.path, 'utf8')).toBe('the first');
    expect(execFileSync('cat', [file.path]).toString()).toBe('the first');
    expect((await file.handle.readFile()).toString()).toBe('the first');
    expect(file.stats.size).toBe(9);
    await file.handle.close();
    await expect(openWithin(path, [root])).rejects.toMatchObject({ code: 'symbolic_link' });
  });

  it('refuses a file whose folder has become a link to elsewhere', async () => {
    symlinkSync(join(folder, 'outside'), join(root, 'b'));
    await expect(openWithin(join(root, 'b', 'image.jpg'), [root])).rejects.toMatchObject({ code: 'outside_roots' });
  });

  it.each([
    ['a folder', () => join(root, 'a'), 'not_a_file'],
    ['a missing file', () => join(root, 'missing'), 'ENOENT'],
    [
      'a named pipe',
      () => {
        execFileSync('mkfifo', [join(root, 'pipe')]);
        return join(root, 'pipe');
      },
      'not_a_file',
    ],
  ])('refuses %s', async (_what, path, code) => {
    await expect(openWithin(path(), [root])).rejects.toMatchObject({ code });
  });
});
