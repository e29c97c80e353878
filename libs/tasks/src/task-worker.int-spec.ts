import { TaskRepository, type InvariantViolation } from '@pugmark/db';
import { FatalError, PermanentError, RetryableError, type ClaimedTask } from '@pugmark/domain';
import { waitUntil } from '@pugmark/testing';
import { sleep } from '@pugmark/platform';
import { allDone, useTaskSystem } from './task-system.fixture';

describe('tasks, from row to result', () => {
  const system = useTaskSystem();
  const {
    startBroker,
    startDispatcher,
    hang,
    startWorker,
    given,
    counts,
    until,
    findViolations,
    slightlySlow,
    written,
  } = system;

  it('does every task exactly once, with two dispatchers and two workers', async () => {
    await given(1_000);
    startDispatcher();
    startDispatcher();
    startWorker(slightlySlow);
    startWorker(slightlySlow);
    const violations: InvariantViolation[] = [];
    let checksWhileRunning = 0;
    await waitUntil('all tasks to be done', async () => {
      const { done = 0, running = 0 } = await counts();
      if (running > 0) {
        violations.push(...(await findViolations()));
        checksWhileRunning += 1;
      }
      return done === 1_000;
    });
    expect(violations).toEqual([]);
    expect(checksWhileRunning).toBeGreaterThan(0);
    expect(await counts()).toEqual({ done: 1_000 });
    expect(await written()).toBe(1_000);
  });

  it('does a task once although its notification is delivered many times and late', async () => {
    await given(1);
    const broker = startBroker();
    startWorker(allDone);
    await waitUntil('the broker', () => broker.status().ready);
    const notification = { taskId: 1, attempt: 1, traceparent: null };
    await broker.publishNotifications('detect', [
      notification,
      notification,
      notification,
      { ...notification, attempt: 2 },
    ]);
    await until('the task to be done', { done: 1 });
    await broker.publishNotifications('detect', [notification]);
    await waitUntil('the stale notification to be acked', async () => (await broker.readyCount('detect')) === 0);
    expect(await counts()).toEqual({ done: 1 });
    expect(await written()).toBe(1);
  });

  it('retries retryable failures, and fails permanent ones with their reason', async () => {
    await given(3);
    startDispatcher();
    const seen: string[] = [];
    startWorker(async (tasks) =>
      tasks.map((task) => {
        seen.push(`${task.subjectId}/${task.attempt}`);
        if (task.subjectId === 1 && task.attempt === 1)
          return { task, outcome: 'retry', code: 'busy', message: 'busy' };
        if (task.subjectId === 2) return { task, outcome: 'failed', code: 'broken', message: 'the file is broken' };
        return { task, outcome: 'done', result: 1 };
      }),
    );
    await until('two to be done and one to fail', { done: 2, failed: 1 });
    expect(seen.sort()).toEqual(['1/1', '1/2', '2/1', '3/1']);
    const failed = await system.db
      .selectFrom('tasks')
      .selectAll()
      .where('state', '=', 'failed')
      .executeTakeFirstOrThrow();
    expect(failed).toMatchObject({ error_code: 'broken', error_message: 'the file is broken', subject_id: 2 });
  });

  it.each([
    ['a RetryableError', new RetryableError('away', 'the dependency is down'), 'retried'],
    ['an unknown error', new Error('oops'), 'retried'],
    ['a PermanentError', new PermanentError('never', 'the file is not an image'), 'failed'],
    ['a FatalError', new FatalError('model_corrupt', 'the model is corrupt'), 'retried'],
  ])('handles %s that the handler throws', async (_name, error, state) => {
    await given(1);
    startDispatcher();
    let fatal: unknown;
    let calls = 0;
    startWorker(
      (...args) => (calls++ === 0 ? Promise.reject(error) : hang(...args)),
      (thrown) => (fatal = thrown),
    );
    const row = await waitUntil('the outcome', async () => {
      const task = await system.db.selectFrom('tasks').selectAll().executeTakeFirstOrThrow();
      return task.error_code !== null && task;
    });
    expect(row.error_message).toBe(error.message);
    if (state === 'failed') expect(row).toMatchObject({ state: 'failed', attempt: 1 });
    else {
      // The next attempt shows that the task is retried, and hangs in its handler.
      await until('the next attempt to run', { running: 1 });
      expect(await system.db.selectFrom('tasks').select('attempt').executeTakeFirstOrThrow()).toEqual({ attempt: 2 });
    }
    expect(fatal).toBe(error instanceof FatalError ? error : undefined);
  });

  it('aborts a handler within one renewal when its task is cancelled, and discards its result', async () => {
    await given(1);
    startDispatcher();
    startWorker(async (tasks, context) => {
      const [task] = tasks;
      if (task !== undefined)
        await new Promise<void>((resolve) => context.signalOf(task).addEventListener('abort', () => resolve()));
      return allDone(tasks, context);
    });
    await until('the task to run', { running: 1 });
    await new TaskRepository(system.db).cancel(system.db, 'detect', 1);
    await waitUntil('its notification to be acked', async () => (await counts())['cancelled'] === 1);
    await until('it to stay cancelled', { cancelled: 1 });
    expect(await written()).toBe(0);
  });

  it('finishes its running tasks when it drains, and leaves the others to other workers', async () => {
    await given(100);
    startDispatcher();
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    system.releaseAtEnd(release);
    const batches: number[] = [];
    const { worker, broker } = startWorker(async (tasks, context) => {
      batches.push(tasks.length);
      await released;
      return allDone(tasks, context);
    });
    // As many as may run at a time; notifications that arrive slowly make them smaller than the batch size.
    await waitUntil('two batches to run', () => batches.length === 2);
    const running = batches[0]! + batches[1]!;
    const drained = worker.drain();
    release();
    await drained;
    expect((await counts())['done']).toBe(running);
    await broker.close();
    startWorker(allDone);
    await until('the other worker to do the rest', { done: 100 });
    expect(await written()).toBe(100);
  });

  it('fails only the task whose result the database refuses', async () => {
    await given(4);
    await system.db.insertInto('projects').values({ name: 'task 3' }).execute();
    startDispatcher();
    startWorker(allDone);
    await until('three done and one failed', { done: 3, failed: 1 });
    const failed = await system.db
      .selectFrom('tasks')
      .selectAll()
      .where('state', '=', 'failed')
      .executeTakeFirstOrThrow();
    expect(failed).toMatchObject({ id: 3, error_code: 'result_refused' });
  });

  it('gives back the tasks of a handler that never settles, and does others meanwhile', async () => {
    await given(1);
    startDispatcher();
    let calls = 0;
    let signal: AbortSignal | undefined;
    let fatal: unknown;
    const { worker } = startWorker(
      (tasks, context) => {
        calls += 1;
        if (calls > 1) return allDone(tasks, context);
        signal = context.signalOf(tasks[0]!);
        return hang(tasks, context);
      },
      (error) => (fatal = error),
      undefined,
      1_000,
    );
    await until('the task to be done by another attempt', { done: 1 });
    expect(await system.db.selectFrom('tasks').select(['attempt', 'failures']).execute()).toEqual([
      { attempt: 2, failures: 1 },
    ]);
    expect(await written()).toBe(1);
    expect(signal!.aborted).toBe(true);
    // What the handler holds is freed by a restart only.
    expect(fatal).toMatchObject({ code: 'handler_stalled', message: expect.stringContaining('no progress for 1 s') });
    expect(() => worker.assertMoving()).toThrow('1 batches of detect tasks made no progress for 1 s');
  });

  it('lets a slow handler work for as long as it reports progress', async () => {
    await given(1);
    startDispatcher();
    const { worker } = startWorker(
      async (tasks, context) => {
        for (let n = 0; n < 30; n += 1) {
          await sleep(100);
          context.progress();
        }
        return allDone(tasks, context);
      },
      undefined,
      undefined,
      1_000,
    );
    await until('the task to be done', { done: 1 });
    expect(await system.db.selectFrom('tasks').select('attempt').execute()).toEqual([{ attempt: 1 }]);
    expect(() => worker.assertMoving()).not.toThrow();
    await waitUntil('progress to be recorded', async () => {
      const rows = await system.db.selectFrom('task_progress').selectAll().execute();
      return rows.length === 1 && rows[0]!.kind === 'detect' && rows[0]!.limit_seconds === 1;
    });
  });

  // 42P01: undefined table; 54000: program limit exceeded.
  it.each([
    ['TypeError', new TypeError("Cannot read properties of undefined (reading 'box')")],
    ['SQLSTATE 42P01', Object.assign(new Error('relation "boxes" does not exist'), { code: '42P01' })],
    ['SQLSTATE 54000', Object.assign(new Error('index row size exceeds maximum'), { code: '54000' })],
  ])('fails only the task whose result cannot be written because of a %s, at its first attempt', async (_, error) => {
    await given(4);
    startDispatcher();
    class PoisonedStore extends TaskRepository {
      override commit<R>(
        ...[outcomes, write]: Parameters<typeof TaskRepository.prototype.commit<R>>
      ): Promise<number[]> {
        return super.commit(outcomes, (tx, done) => {
          if (done.some(({ task }) => task.id === 2)) throw error;
          return write(tx, done);
        });
      }
    }
    startWorker(allDone, undefined, new PoisonedStore(system.db));
    await until('three done and one failed', { done: 3, failed: 1 });
    const rows = await system.db.selectFrom('tasks').selectAll().orderBy('id').execute();
    expect(rows.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1]);
    expect(rows[1]).toMatchObject({ error_code: 'result_not_written' });
    expect(rows[1]!.error_message).toContain(error.message);
    expect(await findViolations(0)).toEqual([]);
  });

  it('claims together what arrives while it is still claiming', async () => {
    const sizes: number[] = [];
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    class SlowStore extends TaskRepository {
      override async claim(
        ...[kind, notifications, owner]: Parameters<typeof TaskRepository.prototype.claim>
      ): Promise<ClaimedTask[]> {
        sizes.push(notifications.length);
        if (sizes.length === 1) await released;
        return super.claim(kind, notifications, owner);
      }
    }
    const publisher = startBroker();
    startDispatcher(publisher);
    startWorker(allDone, undefined, new SlowStore(system.db));
    await given(1);
    await waitUntil('the first claim', () => sizes.length === 1);
    for (let n = 2; n <= 6; n += 1) {
      await system.db.insertInto('tasks').values({ kind: 'detect', subject_id: n }).execute();
      await waitUntil(
        'its notification to be delivered',
        async () => (await counts())['queued'] === n && (await publisher.readyCount('detect')) === 0,
      );
    }
    release();
    await until('all to be done', { done: 6 });
    expect(sizes).toEqual([1, 5]);
  });

  it('handles tasks alone that were in the batches of lost workers, the others together', async () => {
    await given(5);
    await system.db
      .updateTable('tasks')
      .set({ interruptions: 2, error_code: 'worker_lost' })
      .where('id', 'in', [2, 4])
      .execute();
    // Interrupted by deploys: no reason to suspect the task.
    await system.db
      .updateTable('tasks')
      .set({ interruptions: 9, error_code: 'interrupted' })
      .where('id', '=', 5)
      .execute();
    const groups: number[][] = [];
    const worker = startWorker(async (tasks, context) => {
      groups.push(tasks.map(({ id }) => id));
      return allDone(tasks, context);
    });
    await waitUntil('the broker', () => worker.broker.status().ready);
    startDispatcher();
    await until('all to be done', { done: 5 });
    for (const id of [2, 4]) expect(groups.find((group) => group.includes(id))).toEqual([id]);
    expect(groups.length).toBeLessThan(5);
  });
});
