import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { testLogger } from '@pugmark/testing';
import { bundleChild, folderInApp } from '../../testing/bundle-child.fixture';
import { IsolatedRenderer } from './renderer';

const OPTIONS = { longestSide: 64, boxes: [], boxesToBlur: [], pixelLimit: 1_000_000 };

describe('Renderer', () => {
  let folder: string;
  let childPath: string;
  let image: string;
  const renderers: IsolatedRenderer[] = [];
  beforeAll(async () => {
    folder = folderInApp();
    childPath = bundleChild(folder, 'render');
    image = join(folder, 'picture.png');
    writeFileSync(
      image,
      await sharp({ create: { width: 128, height: 64, channels: 3, background: 'green' } })
        .png()
        .toBuffer(),
    );
  });
  afterEach(() => renderers.splice(0).forEach((renderer) => renderer.close()));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function createRenderer(
    options: { childPath?: string; deadlineMs?: number; maxWaiting?: number } = {},
  ): IsolatedRenderer {
    const renderer = new IsolatedRenderer({ childPath, logger: testLogger(), ...options });
    renderers.push(renderer);
    return renderer;
  }

  /** A process that hangs on a file of one name, exits on another, and otherwise behaves like the real one. */
  function unreliableChild(): string {
    const path = join(folder, 'unreliable.child.js');
    writeFileSync(
      path,
      `process.send({ ready: true });
      process.on('message', ({ id, path }) => {
        if (path === 'hang') return;
        if (path === 'crash') process.kill(process.pid, 'SIGSEGV');
        else process.send({ id, result: Buffer.from(path) });
      });`,
    );
    return path;
  }

  it('renders images, and reports why one cannot be rendered', async () => {
    const renderer = createRenderer();
    const jpegs = await Promise.all([1, 2, 3].map(() => renderer.render(image, OPTIONS)));
    for (const jpeg of jpegs)
      expect(await sharp(jpeg).metadata()).toMatchObject({ format: 'jpeg', width: 64, height: 32 });
    await expect(renderer.render(join(folder, 'missing.jpg'), OPTIONS)).rejects.toMatchObject({
      name: 'PermanentError',
      code: 'file_missing',
    });
  });

  it.each([
    ['ends', 'crash'],
    ['hangs', 'hang'],
  ])('rejects an image at which the process %s, and renders the others', async (_, poison) => {
    const renderer = createRenderer({ childPath: unreliableChild(), deadlineMs: 300 });
    const answers = await Promise.allSettled(
      ['a', poison, 'b', poison, 'c'].map((path) => renderer.render(path, OPTIONS)),
    );
    expect(
      answers.map((answer) =>
        answer.status === 'fulfilled' ? String(answer.value) : (answer.reason as { code: string }).code,
      ),
    ).toEqual(['a', 'not_renderable', 'b', 'not_renderable', 'c']);
  });

  it('keeps a result that is received after the process exited, and renders the next image in another', async () => {
    const path = join(folder, 'brief.child.js');
    // Leaves its channel to another process, which sends the result.
    writeFileSync(
      path,
      `const { spawn } = require('node:child_process');
      const env = { NODE_CHANNEL_FD: '3', NODE_CHANNEL_SERIALIZATION_MODE: 'advanced' };
      process.send({ ready: true });
      process.on('message', ({ id, path }) => {
        const script = 'setTimeout(() => process.send(' + JSON.stringify({ id, result: path }) + '), 200)';
        spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'ignore', 'ignore', 3], env });
        process.exit(5);
      });`,
    );
    const renderer = createRenderer({ childPath: path });
    const answers = await Promise.all(['a', 'b', 'c'].map((image) => renderer.render(image, OPTIONS)));
    expect(answers.map(String)).toEqual(['a', 'b', 'c']);
  });

  it('refuses more images than may wait', async () => {
    const renderer = createRenderer({ childPath: unreliableChild(), deadlineMs: 300, maxWaiting: 1 });
    const answers = await Promise.allSettled(['hang', 'a', 'b'].map((path) => renderer.render(path, OPTIONS)));
    expect(
      answers.map((answer) =>
        answer.status === 'fulfilled' ? String(answer.value) : (answer.reason as { code: string }).code,
      ),
    ).toEqual(['not_renderable', 'a', 'busy']);
  });

  it('rejects images in progress when closed', async () => {
    const renderer = createRenderer({ childPath: unreliableChild() });
    const answers = Promise.allSettled(['hang', 'a'].map((path) => renderer.render(path, OPTIONS)));
    renderer.close();
    expect((await answers).map((answer) => (answer as PromiseRejectedResult).reason.code)).toEqual([
      'stopping',
      'stopping',
    ]);
    await expect(renderer.render('a', OPTIONS)).rejects.toMatchObject({ code: 'stopping' });
  });

  it('rejects also when the process cannot be started', async () => {
    await expect(
      createRenderer({ childPath: join(folder, 'nowhere.js') }).render(image, OPTIONS),
    ).rejects.toMatchObject({ name: 'RetryableError', code: 'image_process_unavailable' });
  });
});
