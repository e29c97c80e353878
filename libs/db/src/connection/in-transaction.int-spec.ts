import { sql } from 'kysely';
import { Registry } from '@pugmark/platform';
import { createTestDatabase, startDatabaseRelay, waitUntil, type TestDatabase } from '@pugmark/testing';
import { createDatabase, type Database, type Executor } from './database';
import { inTransaction } from './in-transaction';
import { isConnectionBroken } from './is-connection-broken';

describe('inTransaction', () => {
  let server: TestDatabase;
  let db: Database;
  let registry: Registry;

  beforeEach(async () => {
    server = await createTestDatabase(() => Promise.resolve());
    registry = new Registry();
    db = createDatabase({ url: server.url, applicationName: 'test', poolSize: 5, metrics: registry });
    await sql
      .raw('create table counters (id int primary key, n int not null); insert into counters values (1, 0), (2, 0)')
      .execute(db);
  });

  afterEach(async () => {
    await db.destroy();
    await server.drop();
  });

  const add = (tx: Executor, id: number) => sql`update counters set n = n + 1 where id = ${id}`.execute(tx);
  const counters = async (): Promise<number[]> =>
    (await sql<{ n: number }>`select n from counters order by id`.execute(db)).rows.map(({ n }) => n);
  const pidOf = async (tx: Executor): Promise<number> =>
    (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)).rows[0]!.pid;
  const retries = async (reason: string): Promise<number> =>
    (await registry.getSingleMetric('pugmark_database_retries_total')!.get()).values.find(
      ({ labels }) => labels['reason'] === reason,
    )?.value ?? 0;

  async function terminate(pid: number): Promise<void> {
    await sql`select pg_terminate_backend(${pid})`.execute(db);
    await waitUntil(
      'the backend to end',
      async () => (await sql`select 1 from pg_stat_activity where pid = ${pid}`.execute(db)).rows.length === 0,
    );
  }

  const waitingPid = () =>
    waitUntil(
      'a session to wait for a lock',
      async () =>
        (
          await sql<{
            pid: number;
          }>`select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
            db,
          )
        ).rows[0]?.pid,
    );

  /** Resolves for both callers once both have called it. */
  function meeting(): () => Promise<void> {
    let missing = 2;
    let open: () => void;
    const met = new Promise<void>((resolve) => (open = resolve));
    return () => {
      missing -= 1;
      if (missing <= 0) open();
      return met;
    };
  }

  it('retries the victim of a deadlock: both transactions take effect exactly once', async () => {
    const bothHoldOne = meeting();
    const both = async (first: number, second: number): Promise<number> => {
      let attempts = 0;
      await inTransaction(db, async (tx) => {
        attempts += 1;
        await add(tx, first);
        await bothHoldOne();
        await add(tx, second);
      });
      return attempts;
    };
    const attempts = await Promise.all([both(1, 2), both(2, 1)]);
    expect(attempts.sort()).toEqual([1, 2]);
    expect(await counters()).toEqual([2, 2]);
    expect(await retries('deadlock')).toBe(1);
  });

  it('retries a serialization failure, so that no update is lost', async () => {
    const bothHaveRead = meeting();
    const readAndWrite = () =>
      inTransaction(
        db,
        async (tx) => {
          const { rows } = await sql<{ n: number }>`select n from counters where id = 1`.execute(tx);
          await bothHaveRead();
          await sql`update counters set n = ${rows[0]!.n + 1} where id = 1`.execute(tx);
        },
        { isolationLevel: 'serializable' },
      );
    await Promise.all([readAndWrite(), readAndWrite()]);
    expect(await counters()).toEqual([2, 0]);
    expect(await retries('serialization')).toBe(1);
  });

  it('retries when the connection breaks between two statements, and the work takes effect once', async () => {
    let attempts = 0;
    await inTransaction(db, async (tx) => {
      attempts += 1;
      await add(tx, 1);
      if (attempts === 1) await terminate(await pidOf(tx));
      await add(tx, 2);
    });
    expect([attempts, await counters()]).toEqual([2, [1, 1]]);
    expect(await retries('connection')).toBe(1);
  });

  it('retries when the connection breaks during a statement', async () => {
    const blocker = await db.startTransaction().execute();
    await add(blocker, 1);
    const done = inTransaction(db, (tx) => add(tx, 1));
    await terminate(await waitingPid());
    await waitingPid();
    await blocker.commit().execute();
    await done;
    expect(await counters()).toEqual([2, 0]);
  });

  it('retries when the connection was known to be broken before COMMIT was sent', async () => {
    let attempts = 0;
    await inTransaction(db, async (tx) => {
      attempts += 1;
      await add(tx, 1);
      if (attempts > 1) return;
      await terminate(await pidOf(tx));
      // So that the client has noticed, too.
      await expect(sql`select 1`.execute(tx)).rejects.toThrow(/terminat|connection error/);
    });
    expect([attempts, await counters()]).toEqual([2, [1, 0]]);
  });

  describe('when COMMIT succeeded and its response was lost', () => {
    it.each([
      ['passes the error on, because the outcome is unknown', false, [1, 0]],
      ['retries idempotent work', true, [2, 0]],
    ])('%s', async (_, idempotent, result) => {
      const relay = await startDatabaseRelay(server.url);
      const distant = createDatabase({ url: relay.url, applicationName: 'distant' });
      try {
        // Not actually idempotent, so that the number of executions is visible.
        const work = inTransaction(
          distant,
          async (tx) => {
            await add(tx, 1);
            if ((await counters())[0] === 0) relay.loseAnswerTo('commit');
          },
          { idempotent },
        );
        await (idempotent
          ? expect(work).resolves.toBeUndefined()
          : expect(work).rejects.toThrow('Connection terminated unexpectedly'));
        await waitUntil('the commit', async () => (await counters()).join() === result.join());
      } finally {
        await distant.destroy();
        relay.close();
      }
    });
  });

  it('does not retry when the connection breaks during COMMIT', async () => {
    await sql
      .raw(
        `
      create function wait_at_commit() returns trigger language plpgsql
        as $$ begin perform pg_advisory_xact_lock(1); return null; end $$;
      create constraint trigger t after update on counters deferrable initially deferred
        for each row execute function wait_at_commit()`,
      )
      .execute(db);
    const blocker = await db.startTransaction().execute();
    await sql`select pg_advisory_xact_lock(1)`.execute(blocker);
    let attempts = 0;
    const work = inTransaction(db, async (tx) => {
      attempts += 1;
      await add(tx, 1);
    });
    const refused = work.then(() => null, isConnectionBroken);
    await terminate(await waitingPid());
    expect(await refused).toBe(true);
    await blocker.rollback().execute();
    expect([attempts, await counters()]).toEqual([1, [0, 0]]);
  });

  it('gives up after five attempts, with the last error', async () => {
    let attempts = 0;
    const hopeless = inTransaction(db, async (tx) => {
      attempts += 1;
      await sql.raw(`do $$ begin raise exception 'attempt ${attempts}' using errcode = '40001'; end $$`).execute(tx);
    });
    await expect(hopeless).rejects.toThrow('attempt 5');
    expect(attempts).toBe(5);
  });

  it('does not retry after an error of the work itself, even if the rollback finds the connection broken', async () => {
    let attempts = 0;
    const failed = inTransaction(db, async (tx) => {
      attempts += 1;
      await add(tx, 1);
      await terminate(await pidOf(tx));
      throw new Error('a domain error');
    });
    await expect(failed).rejects.toThrow('a domain error');
    expect([attempts, await counters()]).toEqual([1, [0, 0]]);
  });

  it('leaves no broken connection in the pool', async () => {
    await Promise.all(
      [1, 2, 3, 4, 5, 6].map(() =>
        expect(
          inTransaction(db, (tx) => sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx)),
        ).rejects.toThrow(/terminat/),
      ),
    );
    expect(await Promise.all([1, 2, 3, 4, 5].map(() => inTransaction(db, (tx) => add(tx, 1))))).toHaveLength(5);
  });
});
