import { sql } from 'kysely';
import { RunControlRepository, RunRepository, TaskRepository, type DatabaseTransaction } from '@pugmark/db';
import { waitUntil } from '@pugmark/testing';
import { allDone, type Handle, useTaskSystem } from './task-system.fixture';

describe('runs with very many tasks', () => {
  const system = useTaskSystem();
  const { startDispatcher, startWorker, given, until, written } = system;

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
      select id from r`.execute(system.db);
    return rows[0]?.id ?? 0;
  }

  const stateOf = async (runId: number): Promise<Record<string, number>> => {
    const rows = await system.db
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
    system.db.transaction().execute(async (tx) => {
      await new RunRepository().lock(tx, runId);
      await act(new RunControlRepository(system.db), tx);
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
    const { rows: now } = await sql<{ now: string }>`select now()::text as now`.execute(system.db);
    await waitUntil('commits in progress to end', async () => {
      const { rows } = await sql`
        select 1 from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()
          and state <> 'idle' and xact_start < ${now[0]!.now}::timestamptz`.execute(system.db);
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
    expect(await new TaskRepository(system.db).findInvariantViolations(60, 0)).toEqual([]);

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
    await new TaskRepository(system.db).cancel(system.db, 'detect', 1);
    await waitUntil('the handler to be aborted', () => abortedAt > 0, 5_000);
    expect(abortedAt - began).toBeLessThan(2_000);
  });
});
