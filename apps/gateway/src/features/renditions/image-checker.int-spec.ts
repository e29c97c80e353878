import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testLogger } from '@pugmark/testing';
import { bundleChild, folderInApp } from '../../testing/bundle-child.fixture';
import { tinyJpeg } from '../../testing/test-images.fixture';
import { IsolatedImageChecker } from './image-checker';

const LIMIT = { pixelLimit: 1_000_000 };

describe('IsolatedImageChecker', () => {
  const folder = folderInApp();
  const checkers: IsolatedImageChecker[] = [];
  afterEach(() => checkers.splice(0).forEach((checker) => checker.close()));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function checker(childPath: string): IsolatedImageChecker {
    checkers.push(new IsolatedImageChecker({ childPath, logger: testLogger(), deadlineMs: 5_000 }));
    return checkers.at(-1)!;
  }

  function file(name: string, content: Uint8Array | string): string {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  }

  it('returns the format of a file, or why it is refused', async () => {
    const checks = checker(bundleChild(folder, 'check'));
    expect(await checks.check(file('a.txt', await tinyJpeg(1)), LIMIT)).toBe('jpeg');
    const refused = { name: 'PermanentError', code: 'polyglot', message: expect.stringContaining('PHP') };
    await expect(
      checks.check(file('b.jpg', Buffer.concat([await tinyJpeg(2), Buffer.from('<?php ?>')])), LIMIT),
    ).rejects.toMatchObject(refused);
  });

  it('accepts a good image although the process is killed while it is checked', async () => {
    const childPath = file(
      'killed-once.child.js',
      `const fs = require('node:fs');
      process.send({ ready: true });
      process.on('message', ({ id, path }) => {
        const killed = path + '.killed';
        if (fs.existsSync(killed)) return process.send({ id, result: 'png' });
        fs.writeFileSync(killed, '');
        process.kill(process.pid, 'SIGKILL');
      });`,
    );
    const checks = checker(childPath);
    const paths = Array.from({ length: 5 }, (_, n) => file(`good-${n}`, ''));
    expect(await Promise.all(paths.map((path) => checks.check(path, LIMIT)))).toEqual(paths.map(() => 'png'));
  });

  it('asks to try again when the process is killed each time, which proves nothing about the image', async () => {
    const killed = file(
      'killed.child.js',
      `process.send({ ready: true }); process.on('message', () => process.kill(process.pid, 'SIGKILL'));`,
    );
    await expect(checker(killed).check('good', LIMIT)).rejects.toMatchObject({
      name: 'RetryableError',
      code: 'image_process_unavailable',
    });
  });

  it('refuses an image that crashes the process, and accepts the next', async () => {
    const unreliable = file(
      'unreliable.child.js',
      `process.send({ ready: true }); process.on('message', ({ id, path }) => (path === 'poison' ? process.kill(process.pid, 'SIGSEGV') : process.send({ id, result: 'png' })));`,
    );
    const checks = checker(unreliable);
    const answers = await Promise.allSettled(['a', 'poison', 'b'].map((path) => checks.check(path, LIMIT)));
    expect(
      answers.map((answer) =>
        answer.status === 'fulfilled' ? answer.value : (answer.reason as { code: string }).code,
      ),
    ).toEqual(['png', 'not_an_image', 'png']);
  });
});
