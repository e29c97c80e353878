import { sql } from 'kysely';
import { createTestDatabase, waitUntil, type TestDatabase } from '@pugmark/testing';
import { createDatabase, type Database } from '../connection/database';
import { migrate } from '../migrations/migrate';
import { TaskRepository } from './task.repository';

describe('TaskRepository', () => {
  let server: TestDatabase;
  let db: Database;
  let tasks: TaskRepository;

  beforeAll(async () => {
    server = await createTestDatabase(migrate);
    db = createDatabase({ url: server.url, applicationName: 'test' });
    tasks = new TaskRepository(db);
  });

  afterAll(async () => {
    await db.destroy();
    await server.drop();
  });

  beforeEach(async () => {
    await sql`truncate tasks, task_progress restart identity cascade`.execute(db);
  });

  async function given(count: number, columns: Record<string, unknown> = {}): Promise<number[]> {
    const rows = await db
      .insertInto('tasks')
      .values(Array.from({ length: count }, (_, i) => ({ kind: 'detect' as const, subject_id: i + 1, ...columns })))
      .returning('id')
      .execute();
    return rows.map((row) => row.id);
  }

  const states = async (): Promise<string[]> =>
    (await db.selectFrom('tasks').select('state').orderBy('id').execute()).map((row) => row.state);
  const age = (seconds: number) => sql<Date>`now() - ${seconds} * interval '1 second'`;
  const markDue = async (limit = 100, depth = 1000): Promise<number> =>
    (await tasks.markDue('detect', depth, limit)).length;

  it('marks due tasks as queued, by priority, then in order, and lets those wait again that are put back', async () => {
    await given(3);
    const [urgent] = await given(1, { priority: 5, subject_id: 9 });
    await given(1, { subject_id: 10, run_at: sql`now() + interval '1 hour'` });

    const due = await tasks.markDue('detect', 1000, 100);

    expect(due.map(({ id }) => id)).toEqual([urgent, 1, 2, 3]);
    expect(due.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1]);
    expect(await states()).toEqual(['queued', 'queued', 'queued', 'queued', 'waiting']);

    await tasks.putBack(due.slice(2));
    expect(await states()).toEqual(['queued', 'waiting', 'waiting', 'queued', 'waiting']);
    expect(await tasks.markDue('detect', 1000, 100)).toEqual(due.slice(2));
  });

  it('never publishes beyond the depth of the queue', async () => {
    await given(10);
    expect(await markDue(100, 4)).toBe(4);
    expect(await markDue(100, 4)).toBe(0);
    expect(await markDue(100, 6)).toBe(2);
  });

  it('gives each task to one dispatcher, however many mark tasks at once', async () => {
    await given(200);
    const dispatcher = async (): Promise<number[]> => {
      const marked: number[] = [];
      for (let round = 0; round < 10; round += 1)
        marked.push(...(await tasks.markDue('detect', 1000, 10)).map(({ id }) => id));
      return marked;
    };

    const marked = (await Promise.all([dispatcher(), dispatcher(), dispatcher(), dispatcher()])).flat();

    expect(marked).toHaveLength(200);
    expect(new Set(marked).size).toBe(200);
  });

  it('puts back neither what was claimed meanwhile nor what was cancelled or has ended', async () => {
    await given(4);
    const due = await tasks.markDue('detect', 10, 10);
    const claimed = await tasks.claim('detect', due.slice(0, 2), 'w');
    await tasks.commit([{ task: claimed[1]!, outcome: 'done', result: 1 }], async () => undefined);
    await tasks.cancel(db, 'detect', 3);

    await tasks.putBack(due);

    expect(await states()).toEqual(['running', 'done', 'cancelled', 'waiting']);
  });

  it('does not put back the notification of a later attempt', async () => {
    await given(1);
    const due = await tasks.markDue('detect', 10, 10);
    const [task] = await tasks.claim('detect', due, 'w');
    await tasks.commit(
      [{ task: task!, outcome: 'interrupted', code: 'stopped', message: 'the service stopped' }],
      async () => undefined,
    );
    await db
      .updateTable('tasks')
      .set({ run_at: age(0) })
      .execute();
    expect(await tasks.markDue('detect', 10, 10)).toMatchObject([{ attempt: 2 }]);

    await tasks.putBack(due);

    expect(await states()).toEqual(['queued']);
  });

  it('claims each attempt once, however often its notification is delivered', async () => {
    const [id = 0] = await given(1);
    await markDue();
    const notification = { id, attempt: 1 };

    const both = await Promise.all([
      tasks.claim('detect', [notification, notification], 'a'),
      tasks.claim('detect', [notification], 'b'),
    ]);

    expect(both.flat()).toHaveLength(1);
    expect(both.flat()[0]).toMatchObject({ id, kind: 'detect', attempt: 1, subjectId: 1 });
    expect(await tasks.claim('detect', [notification], 'c')).toEqual([]);
    expect(await tasks.claim('detect', [{ id, attempt: 2 }], 'c')).toEqual([]);
  });

  it('commits results with the state in one transaction, or neither', async () => {
    await given(1);
    const [task] = await tasks.claim('detect', [{ id: 1, attempt: 1 }], 'w');
    if (task === undefined) throw new Error('not claimed');

    await expect(
      tasks.commit([{ task, outcome: 'done', result: 1 }], () => Promise.reject(new Error('disk full'))),
    ).rejects.toThrow('disk full');
    expect(await states()).toEqual(['running']);

    const written: unknown[] = [];
    expect(
      await tasks.commit([{ task, outcome: 'done', result: 7 }], async (_tx, done) => void written.push(...done)),
    ).toEqual([1]);
    expect(written).toEqual([{ task, result: 7 }]);
    expect(await states()).toEqual(['done']);
  });

  it('rejects the outcome of a stale attempt: neither its state nor its result is written', async () => {
    await given(1);
    const [stale] = await tasks.claim('detect', [{ id: 1, attempt: 1 }], 'slow');
    await db
      .updateTable('tasks')
      .set({ lease_until: age(1) })
      .execute();
    expect(await tasks.reconcile('detect', 60)).toEqual({ leasesExpired: 1, exhausted: 0, notificationsLost: 0 });
    const [current] = await tasks.claim('detect', [{ id: 1, attempt: 2 }], 'fast');
    if (stale === undefined || current === undefined) throw new Error('not claimed');

    let written = 0;
    expect(await tasks.commit([{ task: stale, outcome: 'done', result: 1 }], async () => void written++)).toEqual([]);
    expect(written).toBe(0);
    expect(await tasks.renew([stale, current])).toEqual([1]);
    expect(await tasks.commit([{ task: current, outcome: 'done', result: 1 }], async () => void written++)).toEqual([
      1,
    ]);
    expect(written).toBe(1);
  });

  it('writes the result of the current attempt only, although a commit holds one of an older attempt, too', async () => {
    await given(1);
    const [stale] = await tasks.claim('detect', [{ id: 1, attempt: 1 }], 'w');
    await db
      .updateTable('tasks')
      .set({ lease_until: age(1) })
      .execute();
    await tasks.reconcile('detect', 60);
    const [current] = await tasks.claim('detect', [{ id: 1, attempt: 2 }], 'w');
    const written: number[] = [];
    const committed = await tasks.commit(
      [stale!, current!].map((task) => ({ task, outcome: 'done', result: task.attempt })),
      async (_tx, done) => void written.push(...done.map(({ result }) => result)),
    );
    expect(committed).toEqual([1]);
    expect(written).toEqual([2]);
  });

  it('delays a retry by its backoff, and fails the task with the error of the last attempt', async () => {
    await given(1);
    for (let attempt = 1; attempt <= 5; attempt++) {
      await db
        .updateTable('tasks')
        .set({ run_at: age(0) })
        .execute();
      const [task] = await tasks.claim('detect', [{ id: 1, attempt }], 'w');
      if (task === undefined) throw new Error(`attempt ${attempt} was not claimed`);
      await tasks.commit(
        [{ task, outcome: 'retry', code: 'busy', message: 'the file was busy' }],
        async () => undefined,
      );
      const row = await db.selectFrom('tasks').selectAll().executeTakeFirstOrThrow();
      expect(row.state).toBe(attempt < 5 ? 'waiting' : 'failed');
      expect(row.error_message).toBe('the file was busy');
      if (attempt < 5) expect(row.run_at.getTime()).toBeGreaterThan(Date.now() + 1_000 * 2 ** (attempt - 1) - 500);
    }
  });

  it('does not count interruptions as failures; they have a larger limit and a backoff of their own', async () => {
    await given(1, { failures: 4 });
    for (let attempt = 1; attempt <= 50; attempt++) {
      await db
        .updateTable('tasks')
        .set({ run_at: age(0) })
        .execute();
      const [task] = await tasks.claim('detect', [{ id: 1, attempt }], 'w');
      expect(task).toMatchObject({ failures: 4, interruptions: attempt - 1 });
      await tasks.commit(
        [{ task: task!, outcome: 'interrupted', code: 'interrupted', message: 'the service was stopped' }],
        async () => undefined,
      );
      const row = await db.selectFrom('tasks').selectAll().executeTakeFirstOrThrow();
      expect(row).toMatchObject({ state: attempt < 50 ? 'waiting' : 'failed', failures: 4, interruptions: attempt });
      if (attempt === 3) expect(row.run_at.getTime()).toBeGreaterThan(Date.now() + 2_500);
      expect(row.run_at.getTime()).toBeLessThan(Date.now() + 61_000);
    }
  });

  it('interrupts the task of a lost worker, and fails it only after many, with that reason', async () => {
    const lost = { state: 'running', owner: 'ml-worker@host/1', lease_until: age(1) };
    await given(1, { ...lost, attempt: 5, failures: 4 });
    await given(1, { ...lost, subject_id: 2, attempt: 52, interruptions: 49 });
    expect(await tasks.reconcile('detect', 60)).toEqual({ leasesExpired: 2, exhausted: 1, notificationsLost: 0 });
    const [put, failed] = await db.selectFrom('tasks').selectAll().orderBy('id').execute();
    expect(put).toMatchObject({ state: 'waiting', failures: 4, interruptions: 1, error_code: 'worker_lost' });
    expect(failed).toMatchObject({ state: 'failed', interruptions: 50, error_code: 'worker_lost' });
    expect(failed!.error_message).toContain('ml-worker@host/1');
    const [task] = await tasks.claim('detect', [{ id: 1, attempt: 6 }], 'w');
    expect(task).toMatchObject({ failures: 4, interruptions: 1, lastErrorCode: 'worker_lost' });
  });

  it('records the progress of each kind, never backwards', async () => {
    await tasks.recordProgress('scan', 300);
    await db
      .updateTable('task_progress')
      .set({ progressed_at: sql<Date>`now() + interval '1 minute'` })
      .execute();
    await tasks.recordProgress('scan', 60);
    const [row] = await db.selectFrom('task_progress').selectAll().execute();
    expect(row).toMatchObject({ kind: 'scan', limit_seconds: 60 });
    expect(row!.progressed_at.getTime()).toBeGreaterThan(Date.now() + 30_000);
  });

  it('keeps a cancellation when a worker is still processing the task', async () => {
    await given(2);
    const [task] = await tasks.claim('detect', [{ id: 1, attempt: 1 }], 'w');
    if (task === undefined) throw new Error('not claimed');
    expect(await tasks.cancel(db, 'detect', 1)).toBe(1);
    expect(await tasks.renew([task])).toEqual([]);
    expect(await tasks.commit([{ task, outcome: 'done', result: 1 }], async () => undefined)).toEqual([]);
    expect(await states()).toEqual(['cancelled', 'waiting']);
  });

  describe('the invariant', () => {
    it('holds for live leases, recent notifications, and waiting tasks with others ahead of them', async () => {
      await given(1, { state: 'running', owner: 'w', lease_until: sql`now() + interval '5 seconds'` });
      await given(1, { state: 'queued', queued_at: sql`now()`, subject_id: 2 });
      await given(1, { run_at: age(3600), subject_id: 3 });
      await given(1, { run_at: sql`now() + interval '1 hour'`, subject_id: 4 });
      expect(await tasks.findInvariantViolations(60, 10)).toEqual([]);
    });

    it('reports running tasks without a live lease, old notifications, and due tasks that are not published', async () => {
      await given(2, { state: 'running', owner: 'w', lease_until: age(100) });
      await given(1, { kind: 'scan', state: 'queued', queued_at: age(100) });
      await given(3, { kind: 'export', run_at: age(100) });
      const found = await tasks.findInvariantViolations(60, 10);
      expect(found).toEqual([
        { kind: 'detect', state: 'running', count: 2, oldestSeconds: expect.any(Number) },
        { kind: 'export', state: 'waiting', count: 3, oldestSeconds: expect.any(Number) },
        { kind: 'scan', state: 'queued', count: 1, oldestSeconds: expect.any(Number) },
      ]);
      for (const { oldestSeconds } of found) expect(oldestSeconds).toBeGreaterThan(99);
    });

    it('holds between two publications, for the grace time after the last task has ended', async () => {
      await given(2, { run_at: age(3600) });
      await given(1, { state: 'done', finished_at: age(5), subject_id: 3 });
      await given(1, { state: 'done', finished_at: sql`now()`, kind: 'scan' });
      expect(await tasks.findInvariantViolations(60, 10)).toEqual([]);
      const [found] = await tasks.findInvariantViolations(60, 4);
      expect(found).toMatchObject({ kind: 'detect', state: 'waiting', count: 2 });
      // Since the last one has ended, not since they have been due.
      expect(found!.oldestSeconds).toBeLessThan(60);
    });

    it('is restored by one reconciliation and one publication', async () => {
      await given(2, { state: 'running', attempt: 1, owner: 'w', lease_until: age(100) });
      await given(2, { state: 'queued', queued_at: age(100), subject_id: sql`1000 + floor(random() * 1e6)::int` });
      expect(await tasks.reconcile('detect', 60)).toEqual({ leasesExpired: 2, exhausted: 0, notificationsLost: 2 });
      expect(await markDue()).toBe(4);
      expect(await tasks.findInvariantViolations(60, 0)).toEqual([]);
    });
  });
});

describe('a batch of a table that Postgres has no statistics of yet', () => {
  const WAITING = 60_000;
  let server: TestDatabase;
  let db: Database;

  beforeAll(async () => {
    server = await createTestDatabase(migrate);
    db = createDatabase({ url: server.url, applicationName: 'test' });
    await sql`alter table tasks set (autovacuum_enabled = false)`.execute(db);
    await sql`insert into tasks (kind, subject_id)
      select 'detect', n from generate_series(1, ${WAITING}::int) n`.execute(db);
  });
  afterAll(async () => {
    await db.destroy();
    await server.drop();
  });

  /** Rows of `tasks` read so far: counted by Postgres once the connections of the worker have ended. */
  async function rowsRead(): Promise<number> {
    await waitUntil('the connections of the worker to end', async () => {
      const { rows } = await sql`select 1 from pg_stat_activity
        where datname = current_database() and application_name = 'worker'`.execute(db);
      return rows.length === 0;
    });
    const { rows } = await sql<{ read: number }>`
      select (t.seq_tup_read + (
        select sum(i.idx_tup_read) from pg_stat_user_indexes i where i.relid = t.relid
      ))::bigint as read from pg_stat_user_tables t where t.relname = 'tasks'`.execute(db);
    return rows[0]!.read;
  }

  /** Over a connection of its own, so that only what was read before it is counted before. */
  async function asWorker<T>(work: (repository: TaskRepository, worker: Database) => Promise<T>): Promise<T> {
    const worker = createDatabase({ url: server.url, applicationName: 'worker', poolSize: 1 });
    try {
      return await work(new TaskRepository(worker), worker);
    } finally {
      await worker.destroy();
    }
  }

  it.each(['claim', 'renew', 'stillHeld', 'commit'] as const)('%s reads the rows of the batch only', async (step) => {
    const ids = Array.from({ length: 256 }, (_, n) => WAITING / 2 + n);
    const notifications = ids.map((id) => ({ id, attempt: 1 }));
    const claimed =
      step === 'claim' ? [] : await asWorker((repository) => repository.claim('detect', notifications, 'w'));
    const before = await rowsRead();
    const changed = await asWorker<readonly unknown[]>((repository) => {
      if (step === 'claim') return repository.claim('detect', notifications, 'w');
      if (step !== 'commit') return repository[step](claimed);
      return repository.commit(
        claimed.map((task) => ({ task, outcome: 'done', result: null })),
        async () => undefined,
      );
    });
    expect(changed).toHaveLength(ids.length);
    expect((await rowsRead()) - before).toBeLessThan(WAITING / 10);
    await asWorker((_, worker) =>
      sql`update tasks set state = 'waiting', attempt = 0, owner = null, lease_until = null, finished_at = null
        where id = any(${ids}::bigint[])`.execute(worker),
    );
  });
});
