import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FatalError } from '@pugmark/domain';
import { BUILTIN_MODEL } from '@pugmark/inference';
import { testLogger, waitUntil } from '@pugmark/testing';
import { EnginePool, type EnginePoolOptions, type ImageOutcome, type ModelRef, type PoolImage } from './engine-pool';
import { createFakeEngine, isAlive, type FakeEngine } from './testing/fake-engine';

let fake: FakeEngine;
const pools: EnginePool[] = [];

beforeEach(() => {
  fake = createFakeEngine();
});
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.stop(0)));
  rmSync(fake.folder, { recursive: true, force: true });
});

const model = (folder = 'good', key = 'a 1', loadDeadlineMs = 1_000): ModelRef => ({
  key,
  manifest: BUILTIN_MODEL,
  folder,
  loadDeadlineMs,
});
const detect = (pool: EnginePool, inputs: readonly PoolImage[]) => pool.infer(model(), inputs);

function createPool(options: Partial<EnginePoolOptions> = {}, behaviour = 'good'): EnginePool {
  const pool = new EnginePool({
    childPath: fake.childPath,
    processes: 2,
    engine: { engine: 'null', device: 'auto', tensorflowDir: '', convertedDir: '' },
    models: [model(behaviour)],
    pixelLimit: 1,
    logger: testLogger(),
    imageDeadlineMs: 10_000,
    startDeadlineMs: 15_000,
    restart: { firstMs: 10, maxMs: 100 },
    ...options,
  });
  pools.push(pool);
  return pool;
}

async function startedPool(options: Partial<EnginePoolOptions> = {}, behaviour?: string): Promise<EnginePool> {
  const pool = createPool(options, behaviour);
  await pool.start();
  return pool;
}

const images = (...paths: string[]) => paths.map((path, index) => ({ id: 100 + index, path }));
/** `ok`, or the code of the failure. */
const results = (outcomes: readonly ImageOutcome[]) => outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.code));
const pids = (pool: EnginePool) => pool.status().flatMap(({ pid }) => (pid === null ? [] : [pid]));
const flag = (name: string) => join(fake.folder, name);
const raise = (name: string) => writeFileSync(flag(name), '');

describe('work', () => {
  it('answers in order, each image by its own id, even duplicates', async () => {
    const pool = await startedPool();
    const outcomes = await detect(pool, [
      { id: 7, path: 'a' },
      { id: 3, path: 'b' },
      { id: 7, path: 'a' },
    ]);
    expect(outcomes.map(({ id, ok }) => [id, ok])).toEqual([
      [7, true],
      [3, true],
      [7, true],
    ]);
    expect(await detect(pool, [])).toEqual([]);
    expect(pool.engine).toMatchObject({ name: 'null', reason: 'fake' });
  });

  it('fills the least loaded process first, with at most two batches, and queues the others', async () => {
    const pool = await startedPool();
    const pending = [detect(pool, images(`when:${flag('go')}`, 'b', 'c'))];
    for (let call = 0; call < 5; call++) pending.push(detect(pool, images(`when:${flag('go')}`)));
    await waitUntil('four batches in the processes', () => fake.log().filter(({ batch }) => batch).length === 4);
    expect(pool.status().map(({ state, batchesInFlight }) => [state, batchesInFlight])).toEqual([
      ['busy', 2],
      ['busy', 2],
    ]);
    raise('go');
    expect((await Promise.all(pending)).flat().every(({ ok }) => ok)).toBe(true);
    expect(pool.status().map(({ state }) => state)).toEqual(['idle', 'idle']);
    expect(pool.status().reduce((sum, { batchesDone }) => sum + batchesDone, 0)).toBe(6);
    expect(pool.status().reduce((sum, { imagesDone }) => sum + imagesDone, 0)).toBe(8);
  });

  it('distributes one call among the processes', async () => {
    const pool = await startedPool({ batchImages: 2 });
    expect(results(await detect(pool, images('a', 'b', 'c', 'd', 'e')))).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
    expect(
      fake
        .log()
        .flatMap(({ batch }) => (batch ? [batch] : []))
        .sort(),
    ).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
    expect(pool.status().every(({ imagesDone }) => imagesDone > 0)).toBe(true);
  });

  it('passes only the given environment to the process', async () => {
    const script = join(fake.folder, 'env.js');
    writeFileSync(
      script,
      `process.on('disconnect', () => process.exit(0)); process.on('message', () => process.send({ type: 'failed', code: Object.keys(process.env).sort().join(), message: '' }, () => process.exit(1)));`,
    );
    await expect(createPool({ childPath: script, env: () => ({ PICTURES: '1' }) }).start()).rejects.toMatchObject({
      code: 'PICTURES',
    });
  });
});

describe('an image that crashes processes', () => {
  it.each([
    ['segfault', 'engine_crashed', 'signal SIGSEGV'],
    ['exit', 'engine_crashed', 'exited with code 3'],
    ['disconnect', 'engine_crashed', 'closed its channel'],
  ])('by %s is found and failed; the rest of its batch is done', async (accident, code, message) => {
    const pool = await startedPool();
    const outcomes = await detect(pool, images('a', 'b', 'c', accident, 'e', 'f', 'g', 'h'));
    expect(results(outcomes)).toEqual(['ok', 'ok', 'ok', code, 'ok', 'ok', 'ok', 'ok']);
    expect(outcomes[3]).toEqual({
      id: 103,
      ok: false,
      code,
      message: expect.stringContaining(message),
      outcome: 'failed',
    });
  });

  it.each(['hang', 'stuck'])('by a %s is killed, found and failed', async (accident) => {
    const pool = await startedPool({ imageDeadlineMs: 400 });
    const outcomes = await detect(pool, images('a', accident, 'c'));
    expect(results(outcomes)).toEqual(['ok', 'engine_hung', 'ok']);
    expect(outcomes[1]).toMatchObject({
      outcome: 'failed',
      message: expect.stringContaining('answered nothing for 400 ms and was killed'),
    });
  });

  it('is found by halving when the process could not report what it had started', async () => {
    const pool = await startedPool({ processes: 1 }, 'silent');
    const outcomes = await detect(pool, images('a', 'b', 'c', 'd', 'e', 'segfault', 'g', 'h'));
    expect(results(outcomes)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', 'engine_crashed', 'ok', 'ok']);
    // 8 → the last 3 (5 are answered) → 2 → 1, twice.
    const given = fake.log().flatMap(({ batch }) => (batch?.includes('segfault') ? [batch.length] : []));
    expect(given).toEqual([8, 2, 1, 1]);
  });

  it('is alone in its process while it is isolated, and does not affect a batch in the same process', async () => {
    const pool = await startedPool({ processes: 1 });
    const calls = [
      detect(pool, images(`when:${flag('go')}`, 'segfault')),
      detect(pool, images('x1', 'x2')),
      detect(pool, images('y1', 'y2')),
    ];
    await waitUntil('two batches in the process', () => fake.log().filter(({ batch }) => batch).length === 2);
    raise('go');
    expect((await Promise.all(calls)).map(results)).toEqual([
      ['ok', 'engine_crashed'],
      ['ok', 'ok'],
      ['ok', 'ok'],
    ]);
    // The other batch is repeated whole, without being isolated.
    const neighbours = fake.log().flatMap(({ batch }) => (batch?.includes('x1') ? [batch] : []));
    expect(neighbours).toEqual([
      ['x1', 'x2'],
      ['x1', 'x2'],
    ]);
    // Once with others, and twice alone.
    expect(fake.log().filter(({ batch }) => batch?.includes('segfault'))).toHaveLength(3);
  });

  it('alternates with other batches while it is isolated', async () => {
    const pool = await startedPool({ processes: 1, batchesPerProcess: 1 });
    const calls = ['segfault', 'x', 'y'].map((path) => detect(pool, images(path)));
    expect((await Promise.all(calls)).map(results)).toEqual([['engine_crashed'], ['ok'], ['ok']]);
    expect(fake.log().flatMap(({ batch }) => batch ?? [])).toEqual(['segfault', 'segfault', 'x', 'segfault', 'y']);
  });

  it('does not prevent several others from being found at once, in several batches, with all good images done', async () => {
    const pool = await startedPool();
    const calls = Array.from({ length: 6 }, (_, call) => {
      const paths = Array.from({ length: 6 }, (_unused, index) =>
        call % 2 === 0 && index === call ? 'segfault' : `${call}/${index}`,
      );
      return detect(pool, images(...paths));
    });
    const all = (await Promise.all(calls)).map(results);
    all.forEach((codes, call) => {
      expect(codes).toEqual(codes.map((_code, index) => (call % 2 === 0 && index === call ? 'engine_crashed' : 'ok')));
    });
  });

  it('because the system kills them is not failed: another attempt may have more memory', async () => {
    const pool = await startedPool();
    const outcomes = await detect(pool, images('a', 'oom', 'c'));
    expect(results(outcomes)).toEqual(['ok', 'engine_out_of_memory', 'ok']);
    expect(outcomes[1]).toMatchObject({ outcome: 'interrupted', message: expect.stringContaining('lack of memory') });
  });

  it('only once (as when memory was short) is done normally', async () => {
    const pool = await startedPool();
    expect(results(await detect(pool, images('a', `segfault-once:${flag('died')}`, 'c')))).toEqual(['ok', 'ok', 'ok']);
  });
});

describe('processes', () => {
  it('that are killed from outside are replaced, and none of their work is lost', async () => {
    const pool = await startedPool();
    const before = pids(pool);
    const pending = Array.from({ length: 4 }, () => detect(pool, images('a', `when:${flag('go')}`, 'c')));
    await waitUntil('both to be full', () => pool.status().every(({ batchesInFlight }) => batchesInFlight === 2));
    for (const pid of before) process.kill(pid, 'SIGKILL');
    raise('go');
    expect((await Promise.all(pending)).map(results)).toEqual(Array.from({ length: 4 }, () => ['ok', 'ok', 'ok']));
    await waitUntil('both to be back', () => pool.status().every(({ state }) => state === 'idle'));
    expect(pool.status().map(({ restarts }) => restarts)).toEqual([1, 1]);
    expect(pool.status()[0]!.lastExit).toMatchObject({
      kind: 'terminated',
      message: expect.stringContaining('was ended by signal SIGKILL'),
    });
    expect(pids(pool).filter((pid) => before.includes(pid))).toEqual([]);
  });

  it('that have grown too large are replaced once they are idle, without repeating an image', async () => {
    const pool = await startedPool({ processes: 1, maxRssBytes: 1e9 });
    const [before] = pids(pool);
    const pending = [detect(pool, images('b', 'fat')), detect(pool, images('c'))];
    expect((await Promise.all(pending)).map(results)).toEqual([['ok', 'ok'], ['ok']]);
    await waitUntil('the new process', () => pool.status()[0]!.state === 'idle' && pool.status()[0]!.recycles === 1);
    expect(pids(pool)).not.toEqual([before]);
    expect(pool.status()[0]).toMatchObject({ restarts: 0, lastExit: null });
    expect(results(await detect(pool, images('d')))).toEqual(['ok']);
    expect(
      fake
        .log()
        .flatMap(({ batch }) => batch ?? [])
        .sort(),
    ).toEqual(['b', 'c', 'd', 'fat']);
  });

  it('that never become ready make work retryable, with the reason, instead of waiting for ever', async () => {
    const pool = await startedPool({ processes: 1, startDeadlineMs: 1_500 }, 'only-once');
    const [outcome] = await detect(pool, images('segfault'));
    expect(outcome).toMatchObject({
      ok: false,
      code: 'engine_unavailable',
      outcome: 'interrupted',
      message: expect.stringContaining('exited with code 9'),
    });
    const [later] = await detect(pool, images('a'));
    expect(later).toMatchObject({ code: 'engine_unavailable' });
  });
});

describe('models', () => {
  it('are sent to a process once, before their first batch', async () => {
    const pool = await startedPool({ processes: 1 });
    const other = model('elsewhere', 'b 2');
    for (const ref of [model(), other, other, model()]) await pool.infer(ref, images('x'));
    expect(fake.log().flatMap(({ load, model: key }) => (load ? [`load ${load}`] : key ? [key] : []))).toEqual([
      'a 1',
      'load b 2',
      'b 2',
      'b 2',
      'a 1',
    ]);
  });

  it('that are preloaded are loaded in every process, and in those that start later', async () => {
    const pool = await startedPool();
    await pool.load(model('elsewhere', 'b 2'));
    expect(fake.log().filter(({ load }) => load === 'b 2')).toHaveLength(2);
    await detect(pool, images('segfault', 'x'));
    await waitUntil('both to be back', () => pool.status().every(({ state }) => state === 'idle'));
    await pool.infer(model('elsewhere', 'b 2'), images('y'));
    // The new process loaded it at its start.
    expect(fake.log().filter(({ load }) => load === 'b 2')).toHaveLength(2);
  });

  it('that do not load report the reason, and change nothing', async () => {
    const pool = await startedPool();
    await expect(pool.load(model('bad', 'b 2'))).rejects.toMatchObject({
      code: 'model_corrupt',
      message: 'the file y differs',
    });
    expect(results(await detect(pool, images('a')))).toEqual(['ok']);
  });
});

describe('a model that takes longer to load than an image may take', () => {
  it('costs no image: the time of an image begins when its model is loaded', async () => {
    const pool = await startedPool({ imageDeadlineMs: 400 });
    let progress = 0;
    const slow = model('slow:1500', 'b 2', 10_000);
    const outcomes = pool.infer(slow, images('a', 'b', 'c'), () => (progress += 1));
    await waitUntil('a process to load', () => pool.status().some(({ state }) => state === 'loading'));
    expect(results(await outcomes)).toEqual(['ok', 'ok', 'ok']);
    expect(pool.status().map(({ restarts }) => restarts)).toEqual([0, 0]);
    // Once while it was loading, once when it was loaded, and for each answer.
    expect(progress).toBeGreaterThanOrEqual(5);
    expect(pool.status().map(({ state }) => state)).toEqual(['idle', 'idle']);
  });

  it.each([
    ['within its own deadline', 'slow:60000', 'did not load the model b 2 within 300 ms and was killed'],
    ['because processes crash', 'crash', 'exited with code 4'],
  ])(
    'and does not load %s is not charged to images either, and other models keep working',
    async (_, folder, reason) => {
      const pool = await startedPool({ imageDeadlineMs: 5_000 });
      const [broken, good] = await Promise.all([
        pool.infer(model(folder, 'b 2', 300), images('a', 'b')),
        pool.infer(model(), images('x', 'y')),
      ]);
      expect(results(good)).toEqual(['ok', 'ok']);
      for (const outcome of broken)
        expect(outcome).toMatchObject({
          code: 'model_load_failed',
          outcome: 'retry',
          message: expect.stringContaining(reason),
        });
      // Processes start without it.
      await waitUntil('both to be back', () => pool.status().every(({ state }) => state === 'idle'));
      expect(results(await detect(pool, images('z')))).toEqual(['ok']);
    },
  );
});

describe('a model whose batches take longer than the deadline', () => {
  it('loses no image, and is given more time once its speed is known', async () => {
    const pool = await startedPool({ processes: 1, imageDeadlineMs: 400 });
    const slow = { ...model('together:150', 'b 2'), manifest: { ...BUILTIN_MODEL, batch: 4 } };
    expect(results(await pool.infer(slow, images('a', 'b', 'c', 'd')))).toEqual(['ok', 'ok', 'ok', 'ok']);
    const { restarts } = pool.status()[0]!;
    expect(restarts).toBeGreaterThan(0);
    expect(results(await pool.infer(slow, images('e', 'f', 'g', 'h')))).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(pool.status()[0]!.restarts).toBe(restarts);
  });
});

describe('start', () => {
  it.each([
    ['that cannot load its model', 'fail', 'model_corrupt', 'the file x differs'],
    ['that crashes again and again', 'crash', 'engine_dies_at_start', 'exited with code 9 before it was ready'],
    ['that is never ready', 'never', 'engine_start_timeout', 'only 0 of 2'],
  ])('fails with an engine %s, and leaves no process', async (_name, behaviour, code, message) => {
    const pool = createPool({ startDeadlineMs: 1_000 }, behaviour);
    const starting = pool.start();
    const alive = pids(pool);
    await expect(starting).rejects.toBeInstanceOf(FatalError);
    await expect(starting).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    expect(pool.status().map(({ state, pid }) => [state, pid])).toEqual([
      ['stopped', null],
      ['stopped', null],
    ]);
    expect(alive.filter(isAlive)).toEqual([]);
  });

  it('reports what to do when the engine is not built', async () => {
    await expect(createPool({ childPath: '/nowhere/engine.child.js' }).start()).rejects.toMatchObject({
      code: 'engine_missing',
      message: expect.stringContaining('run the build'),
    });
  });
});

describe('stop', () => {
  it('lets the processes finish their work in flight, and answers queued images at once', async () => {
    const pool = await startedPool({ processes: 1 });
    const running = pids(pool);
    const pending = [detect(pool, images(`when:${flag('go')}`)), detect(pool, images('b'))];
    const waiting = detect(pool, images('c'));
    const stopping = pool.stop(10_000);
    expect(await waiting).toEqual([
      expect.objectContaining({ id: 100, ok: false, code: 'engine_stopped', outcome: 'interrupted' }),
    ]);
    raise('go');
    await stopping;
    expect((await Promise.all(pending)).map(results)).toEqual([['ok'], ['ok']]);
    expect(results(await detect(pool, images('d')))).toEqual(['engine_stopped']);
    expect(running.filter(isAlive)).toEqual([]);
    await pool.stop(0);
  });

  it('kills a process that is stuck in native code at the deadline, and answers its images', async () => {
    const count = (kind: string) => process.getActiveResourcesInfo().filter((name) => name === kind).length;
    const timers = count('Timeout');
    const pool = await startedPool();
    const running = pids(pool);
    const pending = detect(pool, images('hang', 'b'));
    await waitUntil('the batch to be there', () => fake.log().some(({ batch }) => batch));
    await pool.stop(50);
    expect(results(await pending)).toEqual(['engine_stopped', 'engine_stopped']);
    expect(running.filter(isAlive)).toEqual([]);
    await waitUntil(
      'no timer and no process to be left',
      () => count('Timeout') <= timers && count('ProcessWrap') === 0,
    );
  });

  it('does not replace a process that dies meanwhile', async () => {
    const pool = await startedPool({ processes: 1 });
    const pending = detect(pool, images(`when:${flag('go')}`, 'segfault'));
    const stopping = pool.stop(10_000);
    raise('go');
    await stopping;
    expect(results(await pending)).toEqual(['ok', 'engine_stopped']);
    expect(fake.log().filter(({ started }) => started)).toHaveLength(1);
  });
});
