import { sql } from 'kysely';
import { RunControlRepository, RunRepository, TaskRepository } from '@pugmark/db';
import { waitUntil } from '@pugmark/testing';
import type { Notification, NotificationPublisher, PublishResult } from './ports';
import { allDone, useTaskSystem } from './task-system.fixture';

/**
 * A publisher whose broker answers when the test says so. A real one cannot be made silent without waiting for the
 * publisher's deadlines.
 */
class ControlledPublisher implements NotificationPublisher {
  readonly calls: { readonly taskIds: number[]; readonly attempts: number[]; readonly at: number }[] = [];
  readonly #answers: ((result: PublishResult | Error) => void)[] = [];
  /** Answers at once, instead of when the test calls `answer`. */
  automatic: ((taskIds: readonly number[]) => PublishResult) | undefined;

  readyCount(): Promise<number> {
    return Promise.resolve(0);
  }

  publishNotifications(_kind: string, notifications: readonly Notification[]): Promise<PublishResult> {
    const taskIds = notifications.map(({ taskId }) => taskId);
    this.calls.push({ taskIds, attempts: notifications.map(({ attempt }) => attempt), at: performance.now() });
    if (this.automatic !== undefined) return Promise.resolve(this.automatic(taskIds));
    return new Promise((resolve, reject) =>
      this.#answers.push((result) => (result instanceof Error ? reject(result) : resolve(result))),
    );
  }

  answer(result: PublishResult | Error): void {
    this.#answers.shift()?.(result);
  }
}

const allFailed =
  (reason: 'returned' | 'refused' | 'not_confirmed') =>
  (taskIds: readonly number[]): PublishResult => ({
    confirmed: [],
    failed: taskIds.map((taskId) => ({ taskId, reason })),
  });

describe('a dispatcher whose notifications are not confirmed', () => {
  const system = useTaskSystem();
  const { startDispatcher, startWorker, given, counts, until } = system;

  function startSilent(): ControlledPublisher {
    const publisher = new ControlledPublisher();
    startDispatcher(publisher);
    // Registered after the dispatcher, so that it runs before the dispatcher waits for its iteration.
    system.onEnd(async () => {
      publisher.automatic = allFailed('not_confirmed');
      for (const { taskIds } of publisher.calls) publisher.answer(allFailed('not_confirmed')(taskIds));
    });
    return publisher;
  }

  const published = (publisher: ControlledPublisher, calls = 1): Promise<unknown> =>
    waitUntil(`${calls} calls of the publisher`, () => publisher.calls.length >= calls, 20_000);

  it('delays neither a cancel nor a claim, and leaves no transaction open', async () => {
    await sql`
      insert into projects (name) values ('p');
      insert into models (name, version, licence, threshold, manifest) values ('m', '1', 'MIT', 0.2, '{}');
      insert into runs (project_id, model_id) values (1, 1);
      insert into tasks (kind, subject_id, run_id) select 'detect', n, 1 from generate_series(1, 4) n`.execute(
      system.db,
    );
    const publisher = startSilent();
    await published(publisher);
    expect(publisher.calls[0]).toMatchObject({ taskIds: [1, 2, 3, 4], attempts: [1, 1, 1, 1] });

    const { rows: publishedAt } = await sql<{ now: string }>`select clock_timestamp()::text as now`.execute(system.db);
    const tasks = new TaskRepository(system.db);
    const began = performance.now();
    expect(await tasks.claim('detect', [{ id: 1, attempt: 1 }], 'w')).toHaveLength(1);
    expect(await tasks.cancel(system.db, 'detect', 2)).toBe(1);
    await system.db.transaction().execute(async (tx) => {
      await new RunRepository().lock(tx, 1);
      await new RunControlRepository(system.db).cancel(tx, 1);
    });
    expect(await counts()).toEqual({ cancelled: 4 });
    expect(performance.now() - began).toBeLessThan(2_000);
    await waitUntil(
      'every transaction that began before to have ended',
      async () => {
        const { rows } = await sql`
          select from pg_stat_activity
          where datname = current_database() and xact_start <= ${publishedAt[0]!.now}::timestamptz`.execute(system.db);
        return rows.length === 0;
      },
      2_000,
    );
    expect(publisher.calls).toHaveLength(1);
  });

  it.each([
    ['returned', allFailed('returned')([1, 2, 3])],
    ['not confirmed', allFailed('not_confirmed')([1, 2, 3])],
    ['not sent', new Error('RabbitMQ takes no messages')],
  ])(
    'publishes the same attempts again when they were %s, but not what was claimed or cancelled',
    async (_, answer) => {
      await given(3);
      const publisher = startSilent();
      await published(publisher);
      const tasks = new TaskRepository(system.db);
      await tasks.claim('detect', [{ id: 1, attempt: 1 }], 'w');
      await tasks.cancel(system.db, 'detect', 2);

      publisher.answer(answer);
      await published(publisher, 2);
      expect(publisher.calls[1]).toMatchObject({ taskIds: [3], attempts: [1] });
      expect(await counts()).toEqual({ cancelled: 1, queued: 1, running: 1 });

      publisher.answer({ confirmed: [3], failed: [] });
      await until('it to stay queued', { cancelled: 1, queued: 1, running: 1 });
    },
  );

  it('publishes again only those that were not confirmed', async () => {
    await given(3);
    const publisher = startSilent();
    await published(publisher);
    publisher.answer({ confirmed: [1, 3], failed: [{ taskId: 2, reason: 'refused' }] });
    await published(publisher, 2);
    expect(publisher.calls[1]).toMatchObject({ taskIds: [2], attempts: [1] });
  });

  it('backs off while every notification is returned', async () => {
    await given(1);
    const publisher = new ControlledPublisher();
    publisher.automatic = allFailed('returned');
    startDispatcher(publisher);
    await published(publisher, 6);
    // Waits of 200, 400, 800, 1,600 and 3,200 ms, of which the jitter may take half.
    expect(publisher.calls[5]!.at - publisher.calls[0]!.at).toBeGreaterThan(3_000);
    expect(publisher.calls.every(({ attempts }) => attempts[0] === 1)).toBe(true);
  });

  it('never publishes what another one is publishing', async () => {
    await given(60);
    const publishers = [startSilent(), startSilent(), startSilent()];
    await Promise.all(publishers.map((publisher) => published(publisher)));
    const all = publishers.flatMap(({ calls }) => calls.flatMap(({ taskIds }) => taskIds));
    expect(all).toHaveLength(48);
    expect(new Set(all).size).toBe(48);
  });

  it('leaves tasks that the next dispatcher publishes when it was killed before it published them', async () => {
    await given(3);
    const marked = await new TaskRepository(system.db).markDue('detect', 100, 2);
    expect(marked).toHaveLength(2);
    expect(await counts()).toEqual({ queued: 2, waiting: 1 });
    await system.db
      .updateTable('tasks')
      .set({ queued_at: sql`queued_at - interval '16 seconds'` })
      .where('state', '=', 'queued')
      .execute();
    startDispatcher();
    startWorker(allDone);
    await until('all to be done', { done: 3 });
    expect(await system.written()).toBe(3);
  });
});
