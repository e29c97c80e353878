import { sql } from 'kysely';
import { IncidentRepository, TaskRepository, createDatabase, migrate, type Database } from '@pugmark/db';
import { createMetrics } from '@pugmark/platform';
import { createTestDatabase, testLogger, type TestDatabase } from '@pugmark/testing';
import { TaskProgressCheck } from './task-progress.check';

describe('the progress of tasks', () => {
  let server: TestDatabase;
  let db: Database;
  let check: TaskProgressCheck;
  const incidents = new IncidentRepository();

  beforeEach(async () => {
    server = await createTestDatabase(migrate);
    db = createDatabase({ url: server.url, applicationName: 'test' });
    const parts = { db, tasks: new TaskRepository(db), incidents, logger: testLogger() };
    check = new TaskProgressCheck({ ...parts, metrics: createMetrics('watchdog') });
  });
  afterEach(async () => {
    await db.destroy();
    await server.drop();
  });

  const givenTask = (columns: object) =>
    db
      .insertInto('tasks')
      .values({ kind: 'detect', subject_id: 1, state: 'waiting', error_code: 'no_progress', ...columns })
      .execute();
  const givenProgress = (secondsAgo: number) =>
    sql`insert into task_progress (kind, progressed_at, limit_seconds)
      values ('detect', now() - ${secondsAgo} * interval '1 second', 120)
      on conflict (kind) do update set progressed_at = excluded.progressed_at`.execute(db);
  const open = async () => (await incidents.page(db, true, null, 9)).map(({ subject, message }) => [subject, message]);

  it('opens an incident while work is given up and nothing of its kind moves, and resolves it when something does', async () => {
    await givenTask({});
    await givenProgress(600);
    await check.run();
    expect(await open()).toEqual([
      ['detect', expect.stringContaining('for 10 min none has moved, and 1 were given up')],
    ]);
    // Between two attempts, and while the next one runs.
    await db
      .updateTable('tasks')
      .set({ state: 'running', owner: 'w', lease_until: sql`now() + interval '15 seconds'` })
      .execute();
    await check.run();
    expect(await open()).toHaveLength(1);
    await givenProgress(1);
    await check.run();
    expect(await open()).toEqual([]);
  });

  it.each([
    ['the kind moved within its limit', {}, 60],
    ['no attempt was given up', { error_code: null }, 600],
    ['the task has ended', { state: 'failed', error_message: 'x', finished_at: sql`now()` }, 600],
  ])('opens none when %s', async (_what, columns, secondsAgo) => {
    await givenTask(columns);
    await givenProgress(secondsAgo);
    await check.run();
    expect(await open()).toEqual([]);
  });
});
