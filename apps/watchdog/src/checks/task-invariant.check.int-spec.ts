import { TaskRepository, createDatabase, migrate, type Database } from '@pugmark/db';
import { createMetrics, type Registry } from '@pugmark/platform';
import { createTestDatabase, testLogger, type TestDatabase } from '@pugmark/testing';
import { TaskInvariantCheck } from './task-invariant.check';

describe('the task invariant', () => {
  let server: TestDatabase;
  let db: Database;
  let metrics: Registry;
  let errors: string[];
  let check: TaskInvariantCheck;

  beforeEach(async () => {
    server = await createTestDatabase(migrate);
    db = createDatabase({ url: server.url, applicationName: 'test' });
    metrics = createMetrics('watchdog');
    errors = [];
    const logger = testLogger();
    jest.spyOn(logger, 'error').mockImplementation((...args: unknown[]) => void errors.push(String(args.at(-1))));
    check = new TaskInvariantCheck(new TaskRepository(db), 30, logger, metrics);
  });

  afterEach(async () => {
    await db.destroy();
    await server.drop();
  });

  const value = async (name: string, labels: Record<string, string> = {}): Promise<number | undefined> => {
    const metric = (await metrics.getMetricsAsJSON()).find((found) => found.name === name);
    const values = (metric?.values ?? []) as { value: number; labels: Record<string, unknown> }[];
    return values.find((one) => Object.entries(labels).every(([key, wanted]) => one.labels[key] === wanted))?.value;
  };
  const long = new Date(Date.now() - 600_000);

  it('is published as 0 for every kind and state while it holds', async () => {
    await check.run();
    expect(await value('pugmark_invariant_violations', { kind: 'detect', state: 'running' })).toBe(0);
    expect(await value('pugmark_invariant_checked_at')).toBeGreaterThan(Date.now() / 1_000 - 60);
  });

  it('counts what breaks it, and calls a human when it still does at the next look', async () => {
    await db.insertInto('tasks').values({ kind: 'detect', subject_id: 1, state: 'running', owner: 'w', lease_until: long }).execute();
    await check.run();
    expect(await value('pugmark_invariant_violations', { kind: 'detect', state: 'running' })).toBe(1);
    expect(await value('pugmark_invariant_oldest_seconds', { kind: 'detect', state: 'running' })).toBeGreaterThan(500);
    expect(errors).toEqual([]);
    await check.run();
    expect(errors).toEqual(['tasks are stalled: nobody works on them or rings for them']);

    await db.updateTable('tasks').set({ lease_until: new Date(Date.now() + 60_000) }).execute();
    await check.run();
    expect(await value('pugmark_invariant_violations', { kind: 'detect', state: 'running' })).toBe(0);
  });

  it('does not claim that all is well when the database does not answer', async () => {
    await server.drop();
    await expect(check.run()).rejects.toThrow();
    expect(await value('pugmark_invariant_checked_at')).toBe(0);
  });
});
