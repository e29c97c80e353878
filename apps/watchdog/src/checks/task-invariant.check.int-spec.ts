import { IncidentRepository, TaskRepository, createDatabase, migrate, type Database } from '@pugmark/db';
import { createMetrics, type Registry } from '@pugmark/platform';
import { createTestDatabase, testLogger, type TestDatabase } from '@pugmark/testing';
import { TaskInvariantCheck } from './task-invariant.check';

describe('the task invariant', () => {
  let server: TestDatabase;
  let db: Database;
  let metrics: Registry;
  let errors: string[];
  let check: TaskInvariantCheck;
  /** Creates a check as in a new process. */
  let newCheck: () => TaskInvariantCheck;
  const incidents = new IncidentRepository();

  beforeEach(async () => {
    server = await createTestDatabase(migrate);
    db = createDatabase({ url: server.url, applicationName: 'test' });
    metrics = createMetrics('watchdog');
    errors = [];
    const logger = testLogger();
    jest.spyOn(logger, 'error').mockImplementation((...args: unknown[]) => void errors.push(String(args.at(-1))));
    newCheck = () =>
      new TaskInvariantCheck(
        { db, tasks: new TaskRepository(db), incidents, logger, metrics: createMetrics('watchdog') },
        30,
      );
    check = new TaskInvariantCheck({ db, tasks: new TaskRepository(db), incidents, logger, metrics }, 30);
  });

  afterEach(async () => {
    await db.destroy();
    await server.drop();
  });

  const value = async (name: string, labels: Record<string, string> = {}): Promise<number | undefined> => {
    const metric = (await metrics.getMetricsAsJSON()).find((found) => found.name === name);
    const values = (metric?.values ?? []) as { value: number; labels: Record<string, unknown> }[];
    return values.find((one) => Object.entries(labels).every(([key, expected]) => one.labels[key] === expected))?.value;
  };
  const long = new Date(Date.now() - 600_000);

  it('is 0 for every kind and state while it holds', async () => {
    await check.run();
    expect(await value('pugmark_invariant_violations', { kind: 'detect', state: 'running' })).toBe(0);
    expect(await value('pugmark_invariant_checked_at')).toBeGreaterThan(Date.now() / 1_000 - 60);
  });

  it('counts violations, and logs an error when they persist at the next check', async () => {
    await db
      .insertInto('tasks')
      .values({ kind: 'detect', subject_id: 1, state: 'running', owner: 'w', lease_until: long })
      .execute();
    await check.run();
    expect(await value('pugmark_invariant_violations', { kind: 'detect', state: 'running' })).toBe(1);
    expect(await value('pugmark_invariant_oldest_seconds', { kind: 'detect', state: 'running' })).toBeGreaterThan(500);
    expect(errors).toEqual([]);
    await check.run();
    expect(errors).toEqual(['tasks are stalled: no worker processes them and no notification is published']);

    await db
      .updateTable('tasks')
      .set({ lease_until: new Date(Date.now() + 60_000) })
      .execute();
    await check.run();
    expect(await value('pugmark_invariant_violations', { kind: 'detect', state: 'running' })).toBe(0);
  });

  it('opens an incident for each kind that is stalled at two checks, and resolves it at the first check without violations', async () => {
    await stall('detect');
    await check.run();
    expect(await incidents.page(db, null, null, 9)).toEqual([]);
    await stall('export');
    await check.run();
    expect(await incidents.page(db, true, null, 9)).toMatchObject([
      {
        check_name: 'task-invariant',
        subject: 'detect',
        severity: 'critical',
        message: expect.stringMatching(/^detect tasks are stalled, the oldest for 10 min \(1 running\)/),
      },
    ]);
    await check.run();
    expect((await incidents.page(db, true, null, 9)).map(({ subject }) => subject)).toEqual(['export', 'detect']);

    await db
      .updateTable('tasks')
      .set({ lease_until: new Date(Date.now() + 60_000) })
      .where('kind', '=', 'detect')
      .execute();
    await check.run();
    expect((await incidents.page(db, true, null, 9)).map(({ subject }) => subject)).toEqual(['export']);
    expect(await incidents.page(db, false, null, 9)).toMatchObject([
      { subject: 'detect', resolved_at: expect.any(Date) },
    ]);
  });

  it('continues the incident that another process opened, and resolves it', async () => {
    await stall('detect');
    await check.run();
    await check.run();
    const [opened] = await incidents.page(db, true, null, 9);
    const next = newCheck();
    await next.run();
    await next.run();
    expect(await incidents.page(db, null, null, 9)).toMatchObject([{ id: opened!.id, resolved_at: null }]);
    expect((await incidents.find(db, opened!.id))!.last_seen_at.getTime()).toBeGreaterThan(
      opened!.last_seen_at.getTime(),
    );

    await db.deleteFrom('tasks').execute();
    await newCheck().run();
    expect(await incidents.page(db, true, null, 9)).toEqual([]);
    await stall('detect');
    await check.run();
    await check.run();
    expect(await incidents.page(db, null, null, 9)).toMatchObject([
      { resolved_at: null },
      { id: opened!.id, resolved_at: expect.any(Date) },
    ]);
  });

  const stall = (kind: 'detect' | 'export') =>
    db.insertInto('tasks').values({ kind, subject_id: 1, state: 'running', owner: 'w', lease_until: long }).execute();

  it('does not report success when the database does not respond', async () => {
    await server.drop();
    await expect(check.run()).rejects.toThrow(/terminating connection|does not exist/);
    expect(await value('pugmark_invariant_checked_at')).toBe(0);
  });
});
