import { sql } from 'kysely';
import { waitUntil } from '@pugmark/testing';
import { TaskRepository } from '@pugmark/db';
import { startDetectRig, type DetectRig } from '../testing/detect-rig.fixture';

const PICTURES = 400;
/** How long a blow may last until it is over and everything else goes on. */
const RECOVERED_MS = 30_000;

/** Each fault of an engine, in the middle of work: nothing is lost, nothing is done twice, and only what is at fault fails, with a reason. */
describe('under load', () => {
  let rig: DetectRig;
  afterEach(() => rig.stop());

  /** Good pictures that take a few milliseconds each, the bad ones among them. */
  function mixed(bad: readonly string[]): string[] {
    const paths = Array.from({ length: PICTURES }, () => 'busy:3');
    bad.forEach((path, index) => (paths[Math.floor(((index + 0.5) * PICTURES) / bad.length)] = path));
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
    return done + failed === PICTURES;
  };

  /** After the last of them: each picture ended once, and each that is done has one answer. */
  async function expectNothingLostNorDoubled(failed: readonly number[]): Promise<void> {
    await waitUntil('all to end', ended, RECOVERED_MS);
    expect(await counts()).toEqual({
      done: PICTURES - failed.length,
      ...(failed.length === 0 ? {} : { failed: failed.length }),
    });
    const { rows } = await sql<{
      inferences: number;
      images: number;
    }>`select count(*)::int as inferences, count(distinct image_id)::int as images from inferences`.execute(rig.db);
    expect(rows[0]).toEqual({ inferences: PICTURES - failed.length, images: PICTURES - failed.length });
    const bad = await rig.db
      .selectFrom('tasks')
      .select('subject_id')
      .where('state', '=', 'failed')
      .orderBy('subject_id')
      .execute();
    expect(bad.map(({ subject_id }) => subject_id)).toEqual([...failed].sort((a, b) => a - b));
    expect(await new TaskRepository(rig.db).violations(60, 0)).toEqual([]);
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
    waitUntil('a quarter to be done', async () => ((await counts())['done'] ?? 0) > PICTURES / 4, RECOVERED_MS);
  const pidOf = (index: number) => rig.pool.status()[index]!.pid!;

  it.each([
    ['a segfault', 'SIGSEGV'],
    // What the kernel does to a process when memory runs out.
    ['an out-of-memory kill', 'SIGKILL'],
  ] as const)('%s of an engine loses nothing', async (_name, signal) => {
    rig = await startDetectRig();
    await rig.givePictures(mixed([]));
    await halfway();
    process.kill(pidOf(0), signal);
    await expectNothingLostNorDoubled([]);
    expect(rig.pool.status()[0]).toMatchObject({
      restarts: 1,
      lastDeath: { kind: 'crashed', message: expect.stringContaining(signal) },
    });
  });

  it('an engine that hangs is killed at its deadline, and nothing is lost', async () => {
    rig = await startDetectRig({ imageDeadlineMs: 1_000 });
    await rig.givePictures(mixed([]));
    await halfway();
    process.kill(pidOf(0), 'SIGSTOP');
    await expectNothingLostNorDoubled([]);
    expect(rig.pool.status()[0]).toMatchObject({
      lastDeath: { kind: 'hung', message: expect.stringContaining('answered nothing for 1000 ms') },
    });
  });

  it('poison pictures are found by halving and set aside with the reason; every other one is done', async () => {
    rig = await startDetectRig();
    const bad = ['segfault', 'exit', 'segfault'];
    const paths = mixed(bad);
    const ids = await rig.givePictures(paths);
    await expectNothingLostNorDoubled(ids.filter((_, index) => bad.includes(paths[index]!)));
    for (const { code, message, attempt } of await reasons()) {
      expect(code).toBe('engine_crashed');
      expect(message).toMatch(
        /an engine process with nothing but this picture ended 2 times; the last time it (was ended by signal SIGSEGV|ended with exit code 3)/,
      );
      // The task itself was tried once: it is the pool that looks for the culprit.
      expect(attempt).toBe(1);
    }
  });

  it('a picture that hangs the engine each time is set aside; every other one is done', async () => {
    rig = await startDetectRig({ imageDeadlineMs: 500 });
    const paths = mixed(['hang']);
    const ids = await rig.givePictures(paths);
    await expectNothingLostNorDoubled(ids.filter((_, index) => paths[index] === 'hang'));
    expect(await reasons()).toEqual([{ code: 'engine_hung', message: expect.stringContaining('killed'), attempt: 1 }]);
  });

  it('engines that outgrow their memory are replaced again and again without a loss', async () => {
    rig = await startDetectRig({ mostRssBytes: 1e9 });
    await rig.givePictures(mixed(Array.from({ length: 12 }, () => 'fat')));
    await expectNothingLostNorDoubled([]);
    // It counts once the old process is gone, which may be after its last answer.
    await waitUntil(
      'two to be replaced',
      () => rig.pool.status().reduce((sum, { recycles }) => sum + recycles, 0) >= 2,
      RECOVERED_MS,
    );
    expect(rig.pool.status().map(({ restarts }) => restarts)).toEqual([0, 0]);
  });
});
