import { sql } from 'kysely';
import { TaskRepository } from '@pugmark/db';
import { waitUntil } from '@pugmark/testing';
import { allDone, useTaskSystem } from './task-system.fixture';

describe('leases of running tasks', () => {
  const system = useTaskSystem();
  const { startDispatcher, hang, startWorker, given, until, findViolations, written } = system;

  it('takes over the tasks of a worker that was lost in the middle of a batch', async () => {
    await given(8);
    const dispatcher = startDispatcher();
    // Simulates SIGKILL: no renewals, a closed connection, results never committed.
    const silent = new TaskRepository(system.db);
    silent.renew = silent.stillHeld = () => Promise.resolve([]);
    const lost = startWorker(hang, undefined, silent);
    await until('the batch to be running', { running: 8 });
    await lost.broker.close();
    expect(await findViolations()).toEqual([]);
    await dispatcher.stop();
    await system.db
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
      (await system.db.selectFrom('tasks').select('lease_until').executeTakeFirstOrThrow()).lease_until?.getTime() ?? 0;
    const first = await lease();
    await waitUntil('two renewals', async () => (await lease()) > first + 9_000, 20_000);
    finish();
    await until('the task to be done', { done: 1 });
    expect((await system.db.selectFrom('tasks').select('attempt').executeTakeFirstOrThrow()).attempt).toBe(1);
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
    startWorker(allDone, undefined, new FirstAttemptsAreLost(system.db));
    await until('all tasks to be done', { done: 64 }, 80_000);
    expect(await written()).toBe(64);
  }, 90_000);
});
