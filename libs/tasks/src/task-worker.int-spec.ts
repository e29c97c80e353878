import { sql } from 'kysely';
import { Broker } from '@pugmark/broker';
import {
  RunControlRepository,
  RunRepository,
  TaskRepository,
  createDatabase,
  migrate,
  type Database,
  type DatabaseTransaction,
  type InvariantViolation,
} from '@pugmark/db';
import { FatalError, PermanentError, RetryableError, type ClaimedTask, type TaskOutcome } from '@pugmark/domain';
import { createMetrics, createTaskMetrics, sleep } from '@pugmark/platform';
import {
  createTestDatabase,
  createTestVhost,
  testLogger,
  waitUntil,
  type TestDatabase,
  type TestVhost,
} from '@pugmark/testing';
import { Dispatcher, NOTIFICATION_TIMEOUT_SECONDS } from './dispatcher';
import type { TaskContext, TaskHandler } from './ports';
import { TaskWorker } from './task-worker';

type Handle = (tasks: readonly ClaimedTask[], context: TaskContext) => Promise<TaskOutcome<number>[]>;

/**
 * Runs the function that a test gives, and writes each result as a project named after the task: writing one twice
 * would violate a constraint.
 */
class RecordingHandler implements TaskHandler<DatabaseTransaction, number> {
  readonly kind = 'detect' as const;
  constructor(readonly handle: Handle) {}
  async write(tx: DatabaseTransaction, done: readonly { task: ClaimedTask; result: number }[]): Promise<void> {
    await tx
      .insertInto('projects')
      .values(done.map(({ task }) => ({ name: `task ${task.id}` })))
      .execute();
  }
}

const allDone: Handle = async (tasks) => tasks.map((task) => ({ task, outcome: 'done', result: 1 }));

describe('tasks, from row to result', () => {
  let server: TestDatabase;
  let vhost: TestVhost;
  let db: Database;
  let stop: (() => Promise<void>)[];
  let hung: (() => void)[];

  beforeEach(async () => {
    stop = [];
    hung = [];
    [server, vhost] = await Promise.all([createTestDatabase(migrate), createTestVhost()]);
    db = createDatabase({ url: server.url, applicationName: 'test', onIdleError: () => undefined });
  });

  afterEach(async () => {
    for (const release of hung) release();
    for (const end of stop.reverse()) await end();
    await db.destroy();
    await Promise.all([server.drop(), vhost.drop()]);
  });

  function createBroker(service: 'gateway' | 'ml-worker'): Broker {
    const broker = new Broker({
      url: vhost.url,
      managementUrl: vhost.managementUrl,
      service,
      logger: testLogger(),
      metrics: createMetrics(service),
    });
    stop.push(() => broker.close());
    return broker;
  }

  /** A broker that only publishes. */
  function startBroker(): Broker {
    const broker = createBroker('gateway');
    broker.start();
    return broker;
  }

  function startDispatcher(broker = startBroker()): Dispatcher {
    const dispatcher = new Dispatcher({
      store: new TaskRepository(db),
      runs: new RunControlRepository(db),
      publisher: broker,
      logger: testLogger(),
      metrics: createTaskMetrics(createMetrics('d')),
    });
    dispatcher.start();
    stop.push(() => dispatcher.stop());
    return dispatcher;
  }

  /** Does not resolve while the test runs. */
  const hang: Handle = () =>
    new Promise((_resolve, reject) => hung.push(() => reject(new Error('released at the end of the test'))));

  function startWorker(
    handle: Handle,
    onFatal: (error: unknown) => void = () => undefined,
    store = new TaskRepository(db),
  ) {
    const broker = createBroker('ml-worker');
    broker.consume('classify', 1, (delivery) => delivery.ack());
    const worker = new TaskWorker({
      handler: new RecordingHandler(handle),
      store,
      leases: store,
      source: broker,
      owner: 'test',
      batchSize: 16,
      batchDelayMs: 5,
      concurrency: 2,
      logger: testLogger(),
      metrics: createTaskMetrics(createMetrics('w')),
      onFatal,
    });
    worker.start();
    broker.start();
    stop.push(() => worker.drain());
    return { worker, broker };
  }

  async function given(count: number): Promise<void> {
    await sql`insert into tasks (kind, subject_id) select 'detect', n from generate_series(1, ${count}::int) n`.execute(
      db,
    );
  }

  async function counts(): Promise<Record<string, number>> {
    const rows = await db
      .selectFrom('tasks')
      .select(['state', sql<number>`count(*)::int`.as('n')])
      .groupBy('state')
      .orderBy('state')
      .execute();
    return Object.fromEntries(rows.map((row) => [row.state, row.n]));
  }

  const until = (what: string, expected: Record<string, number>, timeoutMs = 30_000): Promise<unknown> =>
    waitUntil(what, async () => JSON.stringify(await counts()) === JSON.stringify(expected) || false, timeoutMs);
  const findViolations = (graceSeconds = 1): Promise<InvariantViolation[]> =>
    new TaskRepository(db).findInvariantViolations(NOTIFICATION_TIMEOUT_SECONDS, graceSeconds);
  /** Slow enough that tasks can be observed while they run. */
  const slightlySlow: Handle = async (tasks, context) => {
    await sleep(20);
    return allDone(tasks, context);
  };
  const written = async (): Promise<number> =>
    (
      await db
        .selectFrom('projects')
        .select(sql<number>`count(*)::int`.as('n'))
        .executeTakeFirstOrThrow()
    ).n;

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
    const failed = await db.selectFrom('tasks').selectAll().where('state', '=', 'failed').executeTakeFirstOrThrow();
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
      const task = await db.selectFrom('tasks').selectAll().executeTakeFirstOrThrow();
      return task.error_code !== null && task;
    });
    expect(row.error_message).toBe(error.message);
    if (state === 'failed') expect(row).toMatchObject({ state: 'failed', attempt: 1 });
    else {
      // The next attempt shows that the task is retried, and hangs in its handler.
      await until('the next attempt to run', { running: 1 });
      expect(await db.selectFrom('tasks').select('attempt').executeTakeFirstOrThrow()).toEqual({ attempt: 2 });
    }
    expect(fatal).toBe(error instanceof FatalError ? error : undefined);
  });

  it('takes over the tasks of a worker that was lost in the middle of a batch', async () => {
    await given(8);
    const dispatcher = startDispatcher();
    // Simulates SIGKILL: no renewals, a closed connection, results never committed.
    const silent = new TaskRepository(db);
    silent.renew = silent.stillHeld = () => Promise.resolve([]);
    const lost = startWorker(hang, undefined, silent);
    await until('the batch to be running', { running: 8 });
    await lost.broker.close();
    expect(await findViolations()).toEqual([]);
    await dispatcher.stop();
    await db
      .updateTable('tasks')
      .set({ lease_until: sql`now() - interval '1 second'` })
      .execute();
    expect(await findViolations(0)).toMatchObject([{ kind: 'detect', state: 'running', count: 8 }]);
    startDispatcher();
    await waitUntil('the tasks to be put back', async () => (await findViolations(0)).length === 0);
    startWorker(allDone);
    await until('the other worker to have done all', { done: 8 });
    expect(await written()).toBe(8);
  });

  it('renews leases for as long as a batch takes', async () => {
    await given(1);
    startDispatcher();
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    startWorker(async (tasks, context) => {
      await finished;
      return allDone(tasks, context);
    });
    await until('the task to run', { running: 1 });
    const lease = async (): Promise<number> =>
      (await db.selectFrom('tasks').select('lease_until').executeTakeFirstOrThrow()).lease_until?.getTime() ?? 0;
    const first = await lease();
    await waitUntil('two renewals', async () => (await lease()) > first + 9_000, 20_000);
    finish();
    await until('the task to be done', { done: 1 });
    expect((await db.selectFrom('tasks').select('attempt').executeTakeFirstOrThrow()).attempt).toBe(1);
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
    await new TaskRepository(db).cancel(db, 'detect', 1);
    await waitUntil('its notification to be acked', async () => (await counts())['cancelled'] === 1);
    await until('it to stay cancelled', { cancelled: 1 });
    expect(await written()).toBe(0);
  });

  it('finishes its running tasks when it drains, and leaves the others to other workers', async () => {
    await given(100);
    startDispatcher();
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    hung.push(release);
    const { worker, broker } = startWorker(async (tasks, context) => {
      await released;
      return allDone(tasks, context);
    });
    const running = await waitUntil('two batches to run', async () => {
      const { running: count = 0 } = await counts();
      return count > 16 && count;
    });
    const drained = worker.drain();
    release();
    await drained;
    expect((await counts())['done']).toBe(running);
    await broker.close();
    startWorker(allDone);
    await until('the other worker to do the rest', { done: 100 });
    expect(await written()).toBe(100);
  });

  it('continues after batches whose leases were lost before their results could be committed', async () => {
    // More than the prefetch: if the notifications of lost batches stayed unacked, no new ones would arrive.
    await given(64);
    startDispatcher();
    class FirstAttemptsAreLost extends TaskRepository {
      override renew(): Promise<number[]> {
        return Promise.resolve([]);
      }
      override stillHeld(): Promise<number[]> {
        return Promise.resolve([]);
      }
      override commit<R>(
        ...[outcomes, write]: Parameters<typeof TaskRepository.prototype.commit<R>>
      ): Promise<number[]> {
        if (outcomes.some(({ task }) => task.attempt === 1)) return Promise.reject(new Error('the database is down'));
        return super.commit(outcomes, write);
      }
    }
    startWorker(allDone, undefined, new FirstAttemptsAreLost(db));
    await until('all tasks to be done', { done: 64 }, 80_000);
    expect(await written()).toBe(64);
  }, 90_000);

  it('fails only the task whose result the database refuses', async () => {
    await given(4);
    await db.insertInto('projects').values({ name: 'task 3' }).execute();
    startDispatcher();
    startWorker(allDone);
    await until('three done and one failed', { done: 3, failed: 1 });
    const failed = await db.selectFrom('tasks').selectAll().where('state', '=', 'failed').executeTakeFirstOrThrow();
    expect(failed).toMatchObject({ id: 3, error_code: 'result_refused' });
  });

  describe('with very many tasks', () => {
    /** Creates a run whose tasks have subjects from `first` on. */
    async function run(count: number, priority: number, first: number): Promise<number> {
      const { rows } = await sql<{ id: number }>`
        with p as (insert into projects (name) values (${`run from ${first}`}) returning id),
          m as (insert into models (name, version, licence, threshold, manifest)
            values ('m', ${String(first)}, 'MIT', 0.2, '{}') returning id),
          r as (insert into runs (project_id, model_id, priority)
            select p.id, m.id, ${priority} from p, m returning id),
          t as (insert into tasks (kind, subject_id, run_id, priority)
            select 'detect', n, r.id, ${priority} from r, generate_series(${first}::int, ${first + count - 1}::int) n)
        select id from r`.execute(db);
      return rows[0]?.id ?? 0;
    }

    const stateOf = async (runId: number): Promise<Record<string, number>> => {
      const rows = await db
        .selectFrom('tasks')
        .select(['state', sql<number>`count(*)::int`.as('n')])
        .where('run_id', '=', runId)
        .groupBy('state')
        .execute();
      return Object.fromEntries(rows.map((row) => [row.state, row.n]));
    };

    /** As slow as a model: 16 tasks in 100 ms, two batches at a time. */
    const slowly: Handle = async (tasks, context) => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return allDone(tasks, context);
    };

    it('lets a small urgent run overtake a large one within seconds', async () => {
      const large = await run(50_000, 0, 1);
      startDispatcher();
      startWorker(slowly);
      await waitUntil('the large run to be under way', async () => ((await stateOf(large))['done'] ?? 0) > 500);
      const small = await run(20, 10, 100_001);
      const before = (await stateOf(large))['done'] ?? 0;
      await waitUntil('the small run', async () => (await stateOf(small))['done'] === 20, 10_000);
      // About two seconds of the worker's time; the large run still takes hundreds of seconds.
      expect(((await stateOf(large))['done'] ?? 0) - before).toBeLessThan(1_000);
    });

    const locked = (
      runId: number,
      act: (control: RunControlRepository, tx: DatabaseTransaction) => Promise<void>,
    ): Promise<void> =>
      db.transaction().execute(async (tx) => {
        await new RunRepository().lock(tx, runId);
        await act(new RunControlRepository(db), tx);
      });

    it('cancels a run with 200,000 waiting tasks within 2 s: none of them starts afterwards, later runs do', async () => {
      const cancelled = await run(200_000, 5, 1);
      const next = await run(1_000, 0, 300_001);
      startDispatcher();
      startWorker(slowly);
      await waitUntil('the run to be under way', async () => ((await stateOf(cancelled))['done'] ?? 0) > 200);

      const began = performance.now();
      await locked(cancelled, (control, tx) => control.cancel(tx, cancelled));
      expect(performance.now() - began).toBeLessThan(1_000);
      // Waits for commits that were in progress at the cancel.
      const { rows: now } = await sql<{ now: string }>`select now()::text as now`.execute(db);
      await waitUntil('commits in progress to end', async () => {
        const { rows } = await sql`
          select 1 from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid()
            and state <> 'idle' and xact_start < ${now[0]!.now}::timestamptz`.execute(db);
        return rows.length === 0;
      });
      const done = (await stateOf(cancelled))['done'];
      await waitUntil(
        'the next run to begin',
        async () => ((await stateOf(next))['done'] ?? 0) > 0,
        2_000 - (performance.now() - began),
      );

      await waitUntil(
        'every task of it to be ended',
        async () => {
          const { waiting = 0, queued = 0, running = 0 } = await stateOf(cancelled);
          return waiting + queued + running === 0;
        },
        60_000,
      );
      expect((await stateOf(cancelled))['done']).toBe(done);
      await waitUntil('the next run to end', async () => (await stateOf(next))['done'] === 1_000, 30_000);
    }, 120_000);

    it('starts no task of a run that is paused during publishing, processes other runs meanwhile, and does every task once after resume', async () => {
      const paused = await run(3_000, 5, 1);
      const other = await run(300, 0, 10_001);
      const dispatchers = [startDispatcher(), startDispatcher()];
      let startsAfterPause = 0;
      let isPaused = false;
      const watched: Handle = async (tasks, context) => {
        if (isPaused) startsAfterPause += tasks.filter(({ runId }) => runId === paused).length;
        return slowly(tasks, context);
      };
      startWorker(watched);
      startWorker(watched);
      await waitUntil('the run to be under way', async () => ((await stateOf(paused))['done'] ?? 0) > 100);

      await locked(paused, (control, tx) => control.pause(tx, paused));
      // Tasks claimed before the pause may reach their handler just after it.
      await waitUntil('running tasks to finish', async () => ((await stateOf(paused))['running'] ?? 0) === 0, 10_000);
      isPaused = true;
      const { done } = await stateOf(paused);
      await waitUntil('the other run to end', async () => (await stateOf(other))['done'] === 300, 30_000);
      expect(startsAfterPause).toBe(0);
      // Tasks that a dispatcher was publishing at that moment were skipped by the pause: the next reconciliation puts
      // them back.
      await waitUntil(
        'tasks being published to be put back',
        async () => ((await stateOf(paused))['queued'] ?? 0) === 0,
        5_000,
      );
      expect(await stateOf(paused)).toEqual({ waiting: 3_000 - (done ?? 0), done });
      expect(await new TaskRepository(db).findInvariantViolations(60, 0)).toEqual([]);

      isPaused = false;
      await dispatchers[0]?.stop();
      await locked(paused, (control, tx) => control.resume(tx, paused));
      await waitUntil('all tasks of the run to be done', async () => (await stateOf(paused))['done'] === 3_000, 60_000);
      expect(await written()).toBe(3_300 + 2);
    }, 120_000);

    it('stops a long task within 2 s of its cancel', async () => {
      await given(1);
      startDispatcher();
      let abortedAt = 0;
      startWorker(async (tasks, context) => {
        const [task] = tasks;
        if (task !== undefined)
          await new Promise<void>((resolve) => context.signalOf(task).addEventListener('abort', () => resolve()));
        abortedAt = performance.now();
        return allDone(tasks, context);
      });
      await until('the task to run', { running: 1 });
      const began = performance.now();
      await new TaskRepository(db).cancel(db, 'detect', 1);
      await waitUntil('the handler to be aborted', () => abortedAt > 0, 5_000);
      expect(abortedAt - began).toBeLessThan(2_000);
    });
  });
});
