import { TASK_POLICIES } from '@pugmark/domain';
import { waitUntil } from '@pugmark/testing';
import { startDetectRig, type DetectRig } from '../testing/detect-rig.fixture';

/** Three lease durations. */
const BUSY_MS = 3 * TASK_POLICIES.detect.leaseSeconds * 1_000;

describe('an image that keeps an engine busy for several lease durations', () => {
  let rig: DetectRig;
  beforeAll(async () => {
    rig = await startDetectRig({ processes: 1, imageDeadlineMs: 2 * BUSY_MS });
  });
  afterAll(() => rig.stop());

  it(
    'is done in its first attempt: the supervisor renews the lease meanwhile',
    async () => {
      await rig.createImages([`busy:${BUSY_MS}`]);
      const task = () => rig.db.selectFrom('tasks').selectAll().executeTakeFirstOrThrow();
      await waitUntil('the task to be done', async () => (await task()).state === 'done', 2 * BUSY_MS);
      const { attempt, started_at: started, finished_at: finished } = await task();
      expect(attempt).toBe(1);
      expect((finished?.getTime() ?? 0) - (started?.getTime() ?? 0)).toBeGreaterThanOrEqual(BUSY_MS);
    },
    3 * BUSY_MS,
  );
});
