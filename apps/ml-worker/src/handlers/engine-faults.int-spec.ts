import { sql } from 'kysely';
import { waitUntil } from '@pugmark/testing';
import { TaskRepository } from '@pugmark/db';
import { startDetectRig, type DetectRig } from '../testing/detect-rig.fixture';

const IMAGES = 400;
/** Maximum recovery time from a fault. */
const RECOVERED_MS = 30_000;

/** Faults of engines during work: nothing is lost or done twice, and only the offending images fail, with a reason. */
describe('under load', () => {
  let rig: DetectRig;
  afterEach(() => rig.stop());

  /** Images that take a few milliseconds each, mixed with the given bad ones. */
  function mixed(bad: readonly string[]): string[] {
    const paths = Array.from({ length: IMAGES }, () => 'busy:3');
    bad.forEach((path, index) => (paths[Math.floor(((index + 0.5) * IMAGES) / bad.length)] = path));
    return paths;
  }

  const counts = async () => {
    const { rows } = await sql<{
      state: string;
      n: number;
    }>`select state, count(*)::int as n from tasks group by state`.execute(rig.db);
    return Object.fromEntries(rows.map(({ state, n }) => [state, n])) as Partial<Record<string, number>>;
  };
  const ended = async () => {
    const { done = 0, failed = 0 } = await counts();
    return done + failed === IMAGES;
  };

  /** Waits for all tasks to end, then checks that each image has ended once and each done one has one result. */
  async function expectNothingLostNorDoubled(failed: readonly number[]): Promise<void> {
    await waitUntil('all to end', ended, RECOVERED_MS);
    expect(await counts()).toEqual({
      done: IMAGES - failed.length,
      ...(failed.length === 0 ? {} : { failed: failed.length }),
    });
    const { rows } = await sql<{
      inferences: number;
      images: number;
    }>`select count(*)::int as inferences, count(distinct image_id)::int as images from inferences`.execute(rig.db);
    expect(rows[0]).toEqual({ inferences: IMAGES - failed.length, images: IMAGES - failed.length });
    const bad = await rig.db
      .selectFrom('tasks')
      .select('subject_id')
      .where('state', '=', 'failed')
      .orderBy('subject_id')
      .execute();
    expect(bad.map(({ subject_id }) => subject_id)).toEqual([...failed].sort((a, b) => a - b));
    expect(await new TaskRepository(rig.db).findInvariantViolations(60, 0)).toEqual([]);
  }

  const reasons = async () => {
    const rows = await rig.db
      .selectFrom('tasks')
      .select(['error_code', 'error_message', 'attempt'])
      .where('state', '=', 'failed')
      .execute();
    return rows.map(({ error_code: code, error_message: message, attempt }) => ({ code, message, attempt }));
  };
  const halfway = () =>
    waitUntil('a quarter to be done', async () => ((await counts())['done'] ?? 0) > IMAGES / 4, RECOVERED_MS);
  const pidOf = (index: number) => rig.pool.status()[index]!.pid!;

  it.each([
    ['a segfault', 'SIGSEGV', 'crashed'],
    // As the kernel does when memory runs out.
    ['an out-of-memory kill', 'SIGKILL', 'terminated'],
  ] as const)('%s of an engine loses nothing', async (_name, signal, kind) => {
    rig = await startDetectRig();
    await rig.createImages(mixed([]));
    await halfway();
    process.kill(pidOf(0), signal);
    await expectNothingLostNorDoubled([]);
    expect(rig.pool.status()[0]).toMatchObject({
      restarts: 1,
      lastExit: { kind, message: expect.stringContaining(signal) },
    });
  });

  it('an engine that hangs is killed at its deadline, and nothing is lost', async () => {
    rig = await startDetectRig({ imageDeadlineMs: 1_000 });
    await rig.createImages(mixed([]));
    await halfway();
    process.kill(pidOf(0), 'SIGSTOP');
    await expectNothingLostNorDoubled([]);
    expect(rig.pool.status()[0]).toMatchObject({
      lastExit: { kind: 'hung', message: expect.stringContaining('answered nothing for 1000 ms') },
    });
  });

  it('offending images are found by halving and fail with the reason; all others are done', async () => {
    rig = await startDetectRig();
    const bad = ['segfault', 'exit', 'segfault'];
    const paths = mixed(bad);
    const ids = await rig.createImages(paths);
    await expectNothingLostNorDoubled(ids.filter((_, index) => bad.includes(paths[index]!)));
    for (const { code, message, attempt } of await reasons()) {
      expect(code).toBe('engine_crashed');
      expect(message).toMatch(
        /an engine process with only this image failed 2 times; the last time it (was ended by signal SIGSEGV|exited with code 3)/,
      );
      // The task was tried once: the pool finds the offending image.
      expect(attempt).toBe(1);
    }
  });

  it('an image that hangs the engine each time fails; all others are done', async () => {
    rig = await startDetectRig({ imageDeadlineMs: 500 });
    const paths = mixed(['hang']);
    const ids = await rig.createImages(paths);
    await expectNothingLostNorDoubled(ids.filter((_, index) => paths[index] === 'hang'));
    expect(await reasons()).toEqual([{ code: 'engine_hung', message: expect.stringContaining('killed'), attempt: 1 }]);
  });

  it('engines that exceed their memory limit are replaced repeatedly without loss', async () => {
    rig = await startDetectRig({ maxRssBytes: 1e9 });
    await rig.createImages(mixed(Array.from({ length: 12 }, () => 'fat')));
    await expectNothingLostNorDoubled([]);
    // Counted once the old process has exited, which may be after its last answer.
    await waitUntil(
      'two to be replaced',
      () => rig.pool.status().reduce((sum, { recycles }) => sum + recycles, 0) >= 2,
      RECOVERED_MS,
    );
    expect(rig.pool.status().map(({ restarts }) => restarts)).toEqual([0, 0]);
  });
});
