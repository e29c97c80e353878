import { fork, spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { BUILTIN_MODEL, builtinModelFolder } from '@pugmark/inference';
import { testLogger, waitUntil } from '@pugmark/testing';
import { EnginePool, type ModelRef, type PoolImage } from './engine-pool';
import type { FromEngine, ToEngine } from './engine-protocol';
import { bundleForTest } from './testing/bundle-fixture';
import { isAlive } from './testing/fake-engine';

const CAT = join(dirname(require.resolve('cat-picture')), 'cat.jpg');
const engineOptions = (engine: 'wasm' | 'null') =>
  ({ engine, device: 'auto', tensorflowDir: '', convertedDir: '' }) as const;
const MODEL: ModelRef = {
  key: 'coco-centernet 1',
  manifest: BUILTIN_MODEL,
  folder: builtinModelFolder(),
  loadDeadlineMs: 60_000,
};
const startWith = (engine: 'wasm' | 'null', model = MODEL): Extract<ToEngine, { type: 'start' }> => ({
  type: 'start',
  engine: engineOptions(engine),
  models: [model],
  maxModels: 2,
  pixelLimit: 10_000_000,
});
let child: ReturnType<typeof bundleForTest>;
beforeAll(() => {
  child = bundleForTest('engine.child.ts');
});
afterAll(() => rmSync(child.folder, { recursive: true, force: true }));

describe('the engine process', () => {
  let pool: EnginePool | undefined;
  afterEach(() => pool?.stop(0));

  const detect = (running: EnginePool, images: readonly PoolImage[]) => running.infer(MODEL, images);

  function createPool(engine: 'wasm' | 'null', manifest = BUILTIN_MODEL): EnginePool {
    pool = new EnginePool({
      childPath: child.path,
      processes: 1,
      engine: engineOptions(engine),
      models: [{ ...MODEL, manifest }],
      pixelLimit: 10_000_000,
      logger: testLogger(),
    });
    return pool;
  }

  it('infers images, and a bad one does not affect the others', async () => {
    const running = createPool('wasm');
    expect(await running.start()).toMatchObject({ name: 'wasm', version: '4.22.0' });
    const text = join(child.folder, 'text.jpg');
    writeFileSync(text, 'not an image');
    const [first, second, third, fourth] = await detect(running, [
      { id: 1, path: CAT },
      { id: 2, path: text },
      { id: 3, path: join(child.folder, 'missing.jpg') },
      { id: 4, path: CAT },
    ]);
    expect(first).toMatchObject({ id: 1, ok: true, width: 800, height: 1042, warning: null });
    expect(first!.ok && first!.detections[0]).toMatchObject({ category: 'animal', label: 'cat' });
    expect(second).toMatchObject({ id: 2, ok: false, code: 'not_an_image', outcome: 'failed' });
    expect(third).toMatchObject({ id: 3, ok: false, code: 'file_missing', outcome: 'failed' });
    expect(fourth).toMatchObject({ id: 4, ok: true });
  });

  it('ignores signals that are meant for the supervisor', async () => {
    const running = createPool('null');
    await running.start();
    const { pid } = running.status()[0]!;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid!, signal);
    expect(await detect(running, [{ id: 1, path: CAT }])).toMatchObject([{ ok: true }]);
    expect(running.status()[0]).toMatchObject({ pid, restarts: 0 });
  });

  it('drops its work and exits at once when its channel closes', async () => {
    const engine = fork(child.path, [], { env: {}, execArgv: [] });
    try {
      engine.send(startWith('wasm'));
      const messages: string[] = [];
      engine.on('message', ({ type }: FromEngine) => messages.push(type));
      await waitUntil('the engine to be ready', () => messages.includes('ready'), 30_000);
      expect(messages).toEqual(['loading', 'loaded', 'ready']);
      // More than ten seconds of work.
      engine.send({
        type: 'batch',
        batch: 1,
        model: MODEL.key,
        images: Array.from({ length: 200 }, (_, id) => ({ id, path: CAT })),
      });
      await waitUntil('the first image', () => messages.includes('started'), 30_000);
      engine.disconnect();
      await waitUntil('the process to end', () => (engine.exitCode ?? engine.signalCode) !== null, 5_000);
    } finally {
      engine.kill('SIGKILL');
    }
  });

  it('reports which file of the model is corrupt', async () => {
    const files = BUILTIN_MODEL.files.map((file) => ({ ...file, sha256: '0'.repeat(64) }));
    await expect(createPool('wasm', { ...BUILTIN_MODEL, files } as never).start()).rejects.toMatchObject({
      code: 'model_corrupt',
      message: expect.stringContaining('centernet.json'),
    });
  });
});

describe('when the supervisor is killed', () => {
  /** Starts a supervisor that forks `childPath`, prints its messages, and runs until it is killed. */
  async function killedSupervisor(childPath: string, start: object): Promise<number> {
    const script = `
      const child = require('node:child_process').fork(${JSON.stringify(childPath)}, [], { env: {}, execArgv: [] });
      child.on('message', () => process.stdout.write(child.pid + '\\n'));
      child.send(${JSON.stringify(start)});
      setInterval(() => undefined, 1000);`;
    const supervisor = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise((resolve) => supervisor.once('exit', resolve));
    try {
      const pid = await new Promise<number>((resolve) =>
        createInterface(supervisor.stdout).once('line', (line) => resolve(Number(line))),
      );
      expect(isAlive(pid)).toBe(true);
      return pid;
    } finally {
      supervisor.kill('SIGKILL');
      await ended;
    }
  }

  it('the engine process exits too', async () => {
    const pid = await killedSupervisor(child.path, startWith('null'));
    await waitUntil('the engine process to end', () => !isAlive(pid), 5_000);
  });

  it('even an engine process that is stuck in a computation exits', async () => {
    const { folder, path } = bundleForTest('exit-with-parent.ts');
    let pid: number | undefined;
    try {
      const stuck = join(folder, 'stuck.js');
      // The watching thread needs a moment to start before this one blocks; a message shows that it is running.
      writeFileSync(
        stuck,
        `require(${JSON.stringify(path)}).exitWithParent();
         process.on('message', () => setTimeout(() => process.send('stuck now', () => { for (;;); }), 200));`,
      );
      pid = await killedSupervisor(stuck, {});
      await waitUntil('the stuck process to end', () => !isAlive(pid!), 8_000);
    } finally {
      if (pid !== undefined && isAlive(pid)) process.kill(pid, 'SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
