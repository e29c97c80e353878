import { sql } from 'kysely';
import type { ClaimedTask } from '@pugmark/domain';
import { createTestDatabase, waitUntil, type TestDatabase } from '@pugmark/testing';
import { createDatabase, type Database, type DatabaseTransaction } from '../connection/database';
import { migrate } from '../migrations/migrate';
import { countTasks } from './run-progress';
import { findRun } from './run-overview';
import { ClassificationRepository } from '../inferences/classification.repository';
import { DetectionRepository } from '../inferences/detection.repository';
import { ImageRepository } from '../images/image.repository';
import { RunControlRepository } from './run-control.repository';
import { RunRepository } from './run.repository';
import { TaskRepository } from '../tasks/task.repository';

describe('RunControlRepository', () => {
  let server: TestDatabase;
  let db: Database;
  let tasks: TaskRepository;
  let control: RunControlRepository;
  let runId: number;

  beforeAll(async () => {
    server = await createTestDatabase(migrate);
    db = createDatabase({ url: server.url, applicationName: 'test' });
    tasks = new TaskRepository(db);
    control = new RunControlRepository(db);
    await sql`
      insert into projects (name) values ('p');
      insert into models (name, version, licence, threshold, manifest) values ('m', '1', 'MIT', 0.2, '{}'),
        ('c', '1', 'MIT', 0.2, '{}')`.execute(db);
  });

  afterAll(async () => {
    await db.destroy();
    await server.drop();
  });

  beforeEach(async () => {
    await sql`truncate tasks restart identity; delete from runs`.execute(db);
    runId = await aRun();
  });

  const aRun = (): Promise<number> =>
    new RunRepository().create(db, { projectId: 1, modelId: 1, classify: null, priority: 0 });

  async function given(count: number, columns: Record<string, unknown> = {}): Promise<void> {
    const first =
      (
        await db
          .selectFrom('tasks')
          .select(sql<number>`count(*)::int`.as('n'))
          .executeTakeFirstOrThrow()
      ).n + 1;
    await db
      .insertInto('tasks')
      .values(
        Array.from({ length: count }, (_, i) => ({
          kind: 'detect' as const,
          subject_id: first + i,
          run_id: runId,
          ...columns,
        })),
      )
      .execute();
  }

  /** Inserts many tasks, of a run or of none. */
  const givenMany = (count: number, of: number | null, first = 1): Promise<unknown> =>
    sql`insert into tasks (kind, subject_id, run_id) select 'detect', n, ${of}::bigint
      from generate_series(${first}::int, ${first + count - 1}::int) n`.execute(db);

  const locked = (act: (tx: DatabaseTransaction) => Promise<unknown>, id = runId): Promise<void> =>
    db.transaction().execute(async (tx) => {
      await new RunRepository().lock(tx, id);
      await act(tx);
    });
  const cancel = (): Promise<void> => locked((tx) => control.cancel(tx, runId));
  const pause = (id = runId): Promise<void> => locked((tx) => control.pause(tx, id), id);
  const resume = (id = runId): Promise<void> => locked((tx) => control.resume(tx, id), id);
  const setPriority = (priority: number): Promise<void> => locked((tx) => control.setPriority(tx, runId, priority));
  async function retry(): Promise<boolean> {
    let found = false;
    await locked(async (tx) => (found = await control.retry(tx, runId)));
    return found;
  }
  /** As a dispatcher does; bounded, so that an endless reconciliation is detected. */
  async function reconcileAll(limit = 10_000): Promise<number> {
    for (let passes = 0; passes < 1_000; passes += 1) if ((await control.reconcile(limit)) === 0) return passes;
    throw new Error('the reconciliation does not end');
  }

  const states = async (): Promise<string[]> =>
    (await db.selectFrom('tasks').select('state').orderBy('id').execute()).map((row) => row.state);
  const countPaused = async (id = runId): Promise<number> =>
    (
      await db
        .selectFrom('tasks')
        .select(sql<number>`count(*)::int`.as('n'))
        .where('run_id', '=', id)
        .where('paused', '=', true)
        .executeTakeFirstOrThrow()
    ).n;
  const task = (id = 1) => db.selectFrom('tasks').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  const readRun = () => db.selectFrom('runs').selectAll().where('id', '=', runId).executeTakeFirstOrThrow();
  const age = (seconds: number) => sql<Date>`now() - ${seconds} * interval '1 second'`;
  const markDue = async (limit = 100, depth = 1000): Promise<number> =>
    (await tasks.markDue('detect', depth, limit)).length;
  /** Calls `act` while a dispatcher, whose statement began before, has locked the tasks that it then marks. */
  const whileMarking = (ids: readonly number[], act: () => Promise<unknown>): Promise<void> =>
    db.transaction().execute(async (tx) => {
      await sql`select from tasks where id = any(${ids}::bigint[]) for update`.execute(tx);
      await act();
      await sql`update tasks set state = 'queued', queued_at = now() where id = any(${ids}::bigint[])`.execute(tx);
    });
  const claim = (...ids: number[]): Promise<ClaimedTask[]> =>
    tasks.claim(
      'detect',
      ids.map((id) => ({ id, attempt: 1 })),
      'w',
    );
  async function claimOne(id: number, attempt = 1): Promise<ClaimedTask> {
    const [one] = await tasks.claim('detect', [{ id, attempt }], 'w');
    if (one === undefined) throw new Error(`task ${id} was not claimed`);
    return one;
  }
  const nothing = (): Promise<void> => Promise.resolve();
  const retrying = (one: ClaimedTask) => [{ task: one, outcome: 'retry' as const, code: 'busy', message: 'busy' }];
  const fail = (...claimed: ClaimedTask[]) =>
    tasks.commit(
      claimed.map((one) => ({ task: one, outcome: 'failed' as const, code: 'broken', message: 'the file is broken' })),
      nothing,
    );

  describe('a cancelled run', () => {
    it('ends at once what is queued or running, and waiting tasks can neither be published nor claimed', async () => {
      await given(4);
      await given(1, { run_id: null });
      await markDue(2);
      const [running] = await tasks.claim('detect', [{ id: 1, attempt: 1 }], 'w');
      if (running === undefined) throw new Error('not claimed');

      await cancel();

      expect(await states()).toEqual(['cancelled', 'cancelled', 'waiting', 'waiting', 'waiting']);
      expect(await tasks.stillHeld([running])).toEqual([]);
      expect(await tasks.commit([{ task: running, outcome: 'done', result: 1 }], async () => undefined)).toEqual([]);
      expect(await tasks.claim('detect', [{ id: 3, attempt: 1 }], 'w')).toEqual([]);
      expect(await markDue()).toBe(1);
      expect(await countTasks(db, { runId })).toMatchObject({ waiting: 0, cancelled: 4 });
    });

    it('is reconciled in chunks, without waiting for a dispatcher that marks tasks, and is then complete', async () => {
      await given(5);
      const reconciled: number[] = [];
      await whileMarking([1, 2], async () => {
        await cancel();
        reconciled.push(await control.reconcile(2), await control.reconcile(2), await control.reconcile(2));
      });
      const cancelCompletedAt = async (): Promise<unknown> =>
        (await db.selectFrom('runs').select('cancel_completed_at').executeTakeFirstOrThrow()).cancel_completed_at;
      expect(reconciled).toEqual([2, 1, 0]);
      expect(await states()).toEqual(['queued', 'queued', 'cancelled', 'cancelled', 'cancelled']);
      expect(await cancelCompletedAt()).toBeNull();
      expect(await tasks.claim('detect', [{ id: 1, attempt: 1 }], 'w')).toEqual([]);

      expect(await control.reconcile(10)).toBe(2);
      expect(await control.reconcile(10)).toBe(0);
      expect(await cancelCompletedAt()).toEqual(expect.any(Date));
    });

    it('does not block a worker that waits for it to commit, and keeps what that worker has ended', async () => {
      await given(2);
      const [done, other] = [await claimOne(1), await claimOne(2)];
      let committed: Promise<unknown[]> | undefined;
      await locked(async (tx) => {
        committed = tasks.commit([{ task: done, outcome: 'done', result: 1 }], nothing);
        await waitUntil(
          'the commit to wait',
          async () =>
            (
              await sql`select 1 from pg_stat_activity
                where wait_event_type = 'Lock' and query like '%with ended as%'`.execute(db)
            ).rows.length > 0,
        );
        await control.cancel(tx, runId);
      });
      expect(await committed).toEqual([1]);
      expect(await states()).toEqual(['done', 'cancelled']);
      expect(await tasks.stillHeld([other])).toEqual([]);
    });

    it('prevents claims while the cancellation is being committed', async () => {
      await given(1);
      let claimed: Promise<unknown[]> | undefined;
      await db.transaction().execute(async (tx) => {
        await sql`select 1 from runs where id = ${runId} for update`.execute(tx);
        claimed = tasks.claim('detect', [{ id: 1, attempt: 1 }], 'w');
        // The claim waits for the run's row: seen by the server before the cancellation continues.
        await waitUntil(
          'the claim to wait',
          async () =>
            (
              await sql`select 1 from pg_stat_activity
                where wait_event_type = 'Lock' and query like '%open_runs%'`.execute(db)
            ).rows.length > 0,
        );
        await control.cancel(tx, runId);
      });
      expect(await claimed).toEqual([]);
    });
  });

  describe('a paused run', () => {
    it('starts nothing from that moment on; running tasks finish, queued ones wait again, and their notifications are ignored', async () => {
      await given(4);
      await given(1, { run_id: null });
      await markDue(3);
      const running = await claimOne(1);

      await pause();

      expect(await states()).toEqual(['running', 'waiting', 'waiting', 'waiting', 'waiting']);
      expect(await tasks.stillHeld([running])).toEqual([1]);
      expect(await claim(2, 3, 4)).toEqual([]);
      expect(await markDue()).toBe(1);
      expect(await states()).toEqual(['running', 'waiting', 'waiting', 'waiting', 'queued']);
      expect(await tasks.commit([{ task: running, outcome: 'done', result: 1 }], nothing)).toEqual([1]);
      expect(await findRun(db, runId)).toMatchObject({ pausedAt: expect.any(Date), counts: { waiting: 3, done: 1 } });
      expect(await tasks.findInvariantViolations(60, 0)).toEqual([]);
    });

    it('is effective without a reconciliation: none of a million waiting tasks would be published', async () => {
      await givenMany(6_000, runId);
      await pause();
      expect(await countPaused()).toBe(5_000);
      expect(await markDue()).toBe(0);
      expect(await claim(5_999)).toEqual([]);
      expect(await tasks.findInvariantViolations(0, 0)).toEqual([]);

      await reconcileAll();

      expect(await countPaused()).toBe(6_000);
      expect(await tasks.dueKinds()).toEqual([]);
    });

    it('continues when it is resumed: at once, and with all tasks after a reconciliation', async () => {
      await givenMany(6_000, runId);
      await pause();
      await reconcileAll();
      await resume();
      expect(await countPaused()).toBe(1_000);
      expect(await markDue()).toBe(100);
      expect(await tasks.findInvariantViolations(60, 60)).toEqual([]);
      // A notification from before the pause may arrive for a task that is still paused: the run continues, so it is
      // claimed.
      const { id } = await db
        .selectFrom('tasks')
        .select('id')
        .where('paused', '=', true)
        .limit(1)
        .executeTakeFirstOrThrow();
      expect(await claim(id)).toHaveLength(1);
      await reconcileAll();
      expect(await countPaused()).toBe(0);
    });

    it('is reconciled by any dispatcher: one may crash between two chunks, and two may run at once', async () => {
      await givenMany(12_000, runId);
      await pause();
      await control.reconcile(700);
      const others = [new RunControlRepository(db), new RunControlRepository(db)];
      await Promise.all(others.map((one) => one.reconcile(1_000)));
      expect(await countPaused()).toBe(5_000 + 700 + 2_000);

      // It is resumed while the pause is reconciled, and paused again while that is.
      await resume();
      await Promise.all(others.map((one) => one.reconcile(600)));
      expect(await countPaused()).toBe(7_700 - 5_000 - 1_200);
      await pause();
      await Promise.all(
        others.map(async (one) => {
          while ((await one.reconcile(300)) > 0);
        }),
      );
      expect(await countPaused()).toBe(12_000);
      expect(await markDue()).toBe(0);
      await resume();
      await reconcileAll(500);
      expect(await countPaused()).toBe(0);
      expect(await countTasks(db, { runId })).toMatchObject({ waiting: 12_000 });
    });

    it('is reconciled in each round, however large another run is', async () => {
      const large = runId;
      await givenMany(12_000, large);
      runId = await aRun();
      await givenMany(6_000, runId, 10_001);
      for (const id of [large, runId]) await pause(id);
      await reconcileAll();
      for (const id of [large, runId]) await resume(id);
      expect(await control.reconcile(400)).toBe(400);
      expect([await countPaused(large), await countPaused(runId)]).toEqual([6_800, 800]);
    });

    it('withdraws what a dispatcher marks as queued meanwhile', async () => {
      await given(2);
      await whileMarking([1, 2], () => pause());
      expect(await states()).toEqual(['queued', 'queued']);
      expect(await claim(1, 2)).toEqual([]);
      await control.reconcile(10);
      expect(await states()).toEqual(['waiting', 'waiting']);
      expect(await countPaused()).toBe(2);
    });

    it('publishes again what was marked as queued after the pause, when it is resumed before a reconciliation', async () => {
      await given(2);
      await whileMarking([1, 2], () => pause());
      expect(await claim(1, 2)).toEqual([]);
      await resume();
      expect(await markDue()).toBe(2);
    });

    it('prevents claims while the pause is being committed', async () => {
      await given(1);
      let claimed: Promise<unknown[]> | undefined;
      await locked(async (tx) => {
        claimed = claim(1);
        await waitUntil(
          'the claim to wait',
          async () =>
            (
              await sql`select 1 from pg_stat_activity
                where wait_event_type = 'Lock' and query like '%open_runs%'`.execute(db)
            ).rows.length > 0,
        );
        await control.pause(tx, runId);
      });
      expect(await claimed).toEqual([]);
    });

    it('pauses delayed tasks, those of lost workers and those of a new ingest, and keeps when each is due', async () => {
      await given(2);
      const [first, second] = [await claimOne(1), await claimOne(2)];
      await db
        .updateTable('tasks')
        .set({ lease_until: age(1) })
        .where('id', '=', second.id)
        .execute();
      await pause();

      await tasks.commit(retrying(first), nothing);
      expect(await tasks.reconcile('detect', 60)).toMatchObject({ leasesExpired: 1 });
      await db
        .transaction()
        .execute((tx) => new ImageRepository().createDetectTasks(tx, { id: runId, traceparent: null }, [77]));
      const { run_at: dueAt } = await task(1);

      expect(await markDue()).toBe(0);
      expect(await countPaused()).toBe(1);
      await control.reconcile(10);
      expect(await countPaused()).toBe(3);
      expect(await tasks.dueKinds()).toEqual([]);
      await resume();
      expect(await task(1)).toMatchObject({ paused: false, attempt: 1, run_at: dueAt });
      expect(await markDue()).toBe(2);
    });

    it('pauses the classify tasks that its last detect tasks create', async () => {
      runId = await new RunRepository().create(db, {
        projectId: 1,
        modelId: 1,
        classify: { classifierId: 2, category: 'animal', threshold: 0.5 },
        priority: 3,
      });
      await sql`
        insert into ingests (project_id, source, mode, folder) values (1, 'folder', 'reference', '/f');
        insert into images (project_id, ingest_id, sha256, mode, location, file_path, format, bytes, width, height)
          values (1, 1, 'a', 'reference', '/f/a', 'a.jpg', 'jpeg', 1, 1, 1)`.execute(db);
      await given(1, { subject_id: 1 });
      const detect = await claimOne(1);
      await pause();
      const box = { x: 0, y: 0, width: 1, height: 1 };
      await tasks.commit([{ task: detect, outcome: 'done', result: 1 }], async (tx) => {
        await new DetectionRepository().insertNew(tx, [
          {
            imageId: 1,
            modelId: 1,
            engine: 'null',
            warning: null,
            decodeMs: 1,
            inferMs: 1,
            detections: [{ category: 'animal', label: 'bear', confidence: 0.9, box }],
          },
        ]);
        await new ClassificationRepository().createTasks(tx, [1]);
      });
      expect(await task(2)).toMatchObject({ kind: 'classify', state: 'waiting', paused: true, priority: 3 });
      expect(await tasks.claim('classify', [{ id: 2, attempt: 1 }], 'w')).toEqual([]);
      await resume();
      expect(await tasks.claim('classify', [{ id: 2, attempt: 1 }], 'w')).toHaveLength(1);
    });

    it('is cancelled like any other', async () => {
      await givenMany(12_000, runId);
      await pause();
      await control.reconcile(500);
      await cancel();
      expect(await tasks.findInvariantViolations(0, 0)).toEqual([]);
      expect(await markDue()).toBe(0);
      await reconcileAll();
      expect(await countTasks(db, { runId })).toMatchObject({ waiting: 0, cancelled: 12_000 });
      expect(await countPaused()).toBe(0);
      expect(await readRun()).toMatchObject({ paused_at: null, cancel_completed_at: expect.any(Date) });
    });
  });

  describe('the invariant', () => {
    it('reports paused tasks of a run that is not paused, and a reconciliation resumes them', async () => {
      await given(2, { paused: true });
      await given(1);
      await claimOne(3);
      await sql`update runs set created_at = ${age(100)}`.execute(db);
      expect(await tasks.findInvariantViolations(60, 10)).toEqual([
        { kind: 'detect', state: 'waiting', count: 2, oldestSeconds: expect.any(Number) },
      ]);
      expect(await control.reconcile(10)).toBe(2);
      expect(await countPaused()).toBe(0);
      expect(await tasks.findInvariantViolations(60, 10)).toEqual([]);
    });

    it('reports tasks that should have been retried long ago', async () => {
      await given(2, { state: 'failed', finished_at: age(200), error_code: 'broken', error_message: 'broken' });
      await db
        .updateTable('runs')
        .set({ retry_requested_at: age(100) })
        .execute();
      expect(await tasks.findInvariantViolations(60, 10)).toEqual([
        { kind: 'detect', state: 'waiting', count: 2, oldestSeconds: expect.any(Number) },
      ]);
      await control.reconcile(10);
      expect(await states()).toEqual(['waiting', 'waiting']);
    });

    it('still reports leases, notifications and due tasks of other runs while one is paused', async () => {
      await given(1, { run_at: age(100) });
      await pause();
      await given(1, { run_id: await aRun(), run_at: age(100) });
      await given(1, { kind: 'scan', run_id: null, state: 'queued', queued_at: age(100) });
      expect(await tasks.findInvariantViolations(60, 10)).toMatchObject([
        { kind: 'detect', state: 'waiting', count: 1 },
        { kind: 'scan', state: 'queued', count: 1 },
      ]);
    });
  });

  describe('the failed tasks of a run', () => {
    it('are retried with a full number of attempts, no error, and an attempt number that increases', async () => {
      await given(2, { attempt: 4, failures: 4, interruptions: 3 });
      await tasks.commit(retrying(await claimOne(1, 5)), nothing);
      expect(await task(1)).toMatchObject({ state: 'failed', attempt: 5 });
      expect(await retry()).toBe(true);
      expect(await task(1)).toMatchObject({
        state: 'waiting',
        attempt: 5,
        failures: 0,
        interruptions: 0,
        error_code: null,
        error_message: null,
        finished_at: null,
      });
      expect(await task(2)).toMatchObject({ state: 'waiting', attempt: 4, failures: 4, interruptions: 3 });
      expect((await readRun()).retry_requested_at).toBeNull();

      // A notification of the last attempt is stale; the next four failures are retried, with the backoff of a first
      // series, the fifth is final.
      expect(await tasks.claim('detect', [{ id: 1, attempt: 5 }], 'w')).toEqual([]);
      for (let attempt = 6; attempt <= 10; attempt += 1) {
        const claimed = await claimOne(1, attempt);
        expect(claimed.failures).toBe(attempt - 6);
        await tasks.commit(retrying(claimed), nothing);
        const row = await task(1);
        expect(row.state).toBe(attempt < 10 ? 'waiting' : 'failed');
        if (attempt === 6) expect(row.run_at.getTime()).toBeLessThan(Date.now() + 1_500);
      }
    });

    it('have as many attempts as others when their worker is lost', async () => {
      await given(1, {
        state: 'failed',
        attempt: 5,
        finished_at: age(1),
        error_code: 'worker_lost',
        error_message: 'lost',
        interruptions: 50,
      });
      await retry();
      await claimOne(1, 6);
      await db
        .updateTable('tasks')
        .set({ lease_until: age(1) })
        .execute();
      expect(await tasks.reconcile('detect', 60)).toEqual({ leasesExpired: 1, exhausted: 0, notificationsLost: 0 });
      await db
        .updateTable('tasks')
        .set({ state: 'running', interruptions: 49, owner: 'w', lease_until: age(1) })
        .execute();
      expect(await tasks.reconcile('detect', 60)).toEqual({ leasesExpired: 1, exhausted: 1, notificationsLost: 0 });
    });

    it('are those of every stage, and of this run only', async () => {
      const failed = { state: 'failed', finished_at: age(1), error_code: 'broken', error_message: 'broken' };
      await given(1, failed);
      await given(1, { ...failed, kind: 'classify' });
      await given(1, { ...failed, run_id: await aRun() });
      await given(1, { state: 'done', finished_at: age(1) });
      await given(1, { state: 'cancelled', finished_at: age(1) });
      await retry();
      await reconcileAll();
      expect(await states()).toEqual(['waiting', 'waiting', 'failed', 'done', 'cancelled']);
      expect(await retry()).toBe(false);
    });

    it('are retried in chunks when there are many, each once, although they fail again meanwhile', async () => {
      await sql`
        insert into tasks (kind, subject_id, run_id, state, attempt, finished_at, error_code, error_message)
        select 'detect', n, ${runId}::bigint, 'failed', 1, now(), 'broken', 'broken'
          from generate_series(1, 12000) n`.execute(db);
      expect(await retry()).toBe(true);
      expect(await countTasks(db, { runId })).toMatchObject({ waiting: 5_000, failed: 7_000 });
      const { id } = await db
        .selectFrom('tasks')
        .select('id')
        .where('state', '=', 'waiting')
        .limit(1)
        .executeTakeFirstOrThrow();
      await fail(await claimOne(id, 2));

      await control.reconcile(1_000);
      // The run has not ended while some tasks are still to be retried.
      expect(await findRun(db, runId)).toMatchObject({ growing: true, counts: { waiting: 5_999, failed: 6_001 } });
      await Promise.all([new RunControlRepository(db).reconcile(1_000), new RunControlRepository(db).reconcile(1_000)]);
      await reconcileAll();
      expect(await findRun(db, runId)).toMatchObject({ growing: false, counts: { waiting: 11_999, failed: 1 } });
      expect(await task(id)).toMatchObject({ state: 'failed', attempt: 2, failures: 1 });
    });

    it('wait when their run is paused, and stay failed when it is cancelled', async () => {
      await given(2, { state: 'failed', finished_at: age(1), error_code: 'broken', error_message: 'broken' });
      await pause();
      await retry();
      expect(await countPaused()).toBe(2);
      expect(await markDue()).toBe(0);
      await db
        .updateTable('tasks')
        .set({ state: 'failed', paused: false, finished_at: age(1), error_code: 'broken', error_message: 'broken' })
        .execute();
      await db
        .updateTable('runs')
        .set({ retry_requested_at: sql`now()` })
        .execute();
      await cancel();
      await reconcileAll();
      expect(await states()).toEqual(['failed', 'failed']);
    });

    it('are not retried when their attempt number is close to its maximum', async () => {
      await given(1, {
        state: 'failed',
        attempt: 32_001,
        finished_at: age(1),
        error_code: 'broken',
        error_message: 'broken',
      });
      expect(await retry()).toBe(false);
      expect(await states()).toEqual(['failed']);
    });
  });

  describe('the priority of a run', () => {
    it('applies to what is published next, and to what is created later', async () => {
      await given(3, { run_id: await aRun(), priority: 5 });
      await given(2);
      const running = await claimOne(4);
      await setPriority(7);
      expect(await tasks.markDue('detect', 10, 1)).toMatchObject([{ id: 5 }]);
      await tasks.commit(retrying(running), nothing);
      await db
        .transaction()
        .execute((tx) => new ImageRepository().createDetectTasks(tx, { id: runId, traceparent: null }, [77]));
      expect(
        (await db.selectFrom('tasks').select('priority').where('run_id', '=', runId).execute()).map(
          ({ priority }) => priority,
        ),
      ).toEqual([7, 7, 7]);
    });

    it('reaches all tasks that have not ended, in chunks, also of a paused run and when it is changed again meanwhile', async () => {
      await givenMany(12_000, runId);
      await given(1, { state: 'done', finished_at: age(1) });
      await setPriority(7);
      await control.reconcile(500);
      await pause();
      await setPriority(-7);
      await Promise.all([new RunControlRepository(db).reconcile(700), new RunControlRepository(db).reconcile(700)]);
      const passes = await reconcileAll(1_000);
      expect(passes).toBeGreaterThan(2);
      const rows = await db
        .selectFrom('tasks')
        .select(['priority', 'state', sql<number>`count(*)::int`.as('n')])
        .groupBy(['priority', 'state'])
        .orderBy('state')
        .execute();
      expect(rows).toEqual([
        { priority: 0, state: 'done', n: 1 },
        { priority: -7, state: 'waiting', n: 12_000 },
      ]);
      expect(await readRun()).toMatchObject({ priority: -7, priority_changed_at: null });
    });

    it('is not lost for a task that a dispatcher marks as queued meanwhile', async () => {
      await given(2);
      await whileMarking([1], async () => {
        await setPriority(7);
        expect(await control.reconcile(10)).toBe(0);
      });
      expect((await readRun()).priority_changed_at).toEqual(expect.any(Date));
      expect(await reconcileAll()).toBe(1);
      expect(await task(1)).toMatchObject({ state: 'queued', priority: 7 });
      expect((await readRun()).priority_changed_at).toBeNull();
    });
  });
});

describe('a large paused run', () => {
  it('costs dispatchers nothing, although statistics still say that all of it is due', async () => {
    const server = await createTestDatabase(migrate);
    /** On a separate connection: Postgres counts reads when the connection ends. */
    const connected = async (act: (db: Database) => Promise<unknown>): Promise<void> => {
      const db = createDatabase({ url: server.url, applicationName: 'test', poolSize: 1 });
      await act(db);
      await db.destroy();
    };
    const readState = async (db: Database): Promise<void> => {
      const tasks = new TaskRepository(db);
      expect(await tasks.dueKinds()).toEqual(['detect']);
      const due = await tasks.markDue('detect', 1_000, 512);
      expect(due).toHaveLength(1);
      await tasks.putBack(due);
    };
    /** Index lookups, and live rows read by them or by table scans. */
    const reads = async (db: Database): Promise<{ scans: number; rows: number }> => {
      const { rows } = await sql<{ scans: number; rows: number }>`
        select idx_scan as scans, idx_tup_fetch + seq_tup_read as rows from pg_stat_user_tables
          where relname = 'tasks'`.execute(db);
      return rows[0] ?? { scans: 0, rows: 0 };
    };
    await connected(async (db) => {
      await sql`
        insert into projects (name) values ('p');
        insert into models (name, version, licence, threshold, manifest) values ('m', '1', 'MIT', 0.2, '{}');
        insert into runs (project_id, model_id) values (1, 1);
        insert into tasks (kind, subject_id, run_id) select 'detect', n, 1 from generate_series(1, 200000) n;
        insert into tasks (kind, subject_id) values ('detect', 300001);
        analyze tasks`.execute(db);
      const control = new RunControlRepository(db);
      await db.transaction().execute((tx) => control.pause(tx, 1));
      while ((await control.reconcile(10_000)) > 0);
    });

    const db = createDatabase({ url: server.url, applicationName: 'test', poolSize: 1 });
    const settled = async (): Promise<{ scans: number; rows: number }> => {
      let last = await reads(db);
      await waitUntil('the previous reads to be counted', async () => {
        const before = last;
        last = await reads(db);
        return last.scans > 0 && before.scans === last.scans && before.rows === last.rows;
      });
      return last;
    };
    const before = await settled();
    await connected(async (other) => {
      for (let time = 0; time < 10; time += 1) {
        await readState(other);
        expect(await new RunControlRepository(other).reconcile(10_000)).toBe(0);
      }
    });
    const after = await waitUntil('the reads to be counted', async () => {
      const now = await reads(db);
      return now.scans >= before.scans + 20 && now;
    });
    expect(after.rows - before.rows).toBeLessThan(1_000);
    await db.destroy();
    await server.drop();
  }, 120_000);
});
