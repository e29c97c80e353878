import { sql } from 'kysely';
import { Registry } from '@pugmark/platform';
import { createTestDatabase, waitUntil, type TestDatabase } from '@pugmark/testing';
import { createDatabase, type Database } from './database';
import { isPoolExhausted } from './is-pool-exhausted';

describe('createDatabase', () => {
  let server: TestDatabase;
  let db: Database;

  beforeAll(async () => {
    server = await createTestDatabase(() => Promise.resolve());
    db = createDatabase({ url: server.url, applicationName: 'test', poolSize: 3 });
  });

  afterAll(async () => {
    await db.destroy();
    await server.drop();
  });

  it('survives a connection that breaks between two statements of a transaction, and opens another one', async () => {
    const uncaught: unknown[] = [];
    const listener = (error: unknown): void => void uncaught.push(error);
    process.on('uncaughtException', listener);
    try {
      const transaction = db.transaction().execute(async (tx) => {
        const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
        const pid = rows[0]?.pid ?? 0;
        await sql`select pg_terminate_backend(${pid})`.execute(db);
        await waitUntil(
          'the connection to be closed',
          async () => (await sql`select 1 from pg_stat_activity where pid = ${pid}`.execute(db)).rows.length === 0,
        );
        await sql`select 1`.execute(tx);
      });
      await expect(transaction).rejects.toThrow(/terminat|not queryable/);
      expect((await sql<{ one: number }>`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
      expect(uncaught).toEqual([]);
    } finally {
      process.off('uncaughtException', listener);
    }
  });

  it('does not hand out a connection whose server has announced its end', async () => {
    const narrow = createDatabase({ url: server.url, applicationName: 'narrow', poolSize: 1 });
    try {
      for (let time = 0; time < 20; time += 1) {
        await expect(sql`select pg_terminate_backend(pg_backend_pid())`.execute(narrow)).rejects.toThrow(/terminat/);
        expect((await sql<{ one: number }>`select 1 as one`.execute(narrow)).rows).toEqual([{ one: 1 }]);
      }
    } finally {
      await narrow.destroy();
    }
  });

  it('destroys a connection whose statement timed out, so that no later statement waits for it', async () => {
    const impatient = createDatabase({
      url: server.url,
      applicationName: 'impatient',
      poolSize: 1,
      statementTimeoutMs: 300,
    });
    try {
      await expect(sql`select pg_sleep(20)`.execute(impatient)).rejects.toThrow(/statement timeout|Query read timeout/);
      expect((await sql<{ one: number }>`select 1 as one`.execute(impatient)).rows).toEqual([{ one: 1 }]);
    } finally {
      await impatient.destroy();
    }
  });

  it('limits the wait for a connection, and counts the waiting callers', async () => {
    const registry = new Registry();
    const narrow = createDatabase({
      url: server.url,
      applicationName: 'narrow',
      poolSize: 1,
      statementTimeoutMs: 400,
      metrics: registry,
    });
    const gauge = async (name: string): Promise<number> =>
      (await registry.getSingleMetric(`pugmark_database_pool_${name}`)!.get()).values[0]!.value;
    try {
      const holder = await narrow.startTransaction().execute();
      const refused = sql`select 1`.execute(narrow).then(
        () => null,
        (error: unknown) => error,
      );
      await waitUntil('a caller to wait', async () => (await gauge('waiting')) === 1);
      expect([await gauge('connections'), await gauge('idle')]).toEqual([1, 0]);
      expect(isPoolExhausted(await refused)).toBe(true);
      await holder.commit().execute();
      expect([await gauge('connections'), await gauge('idle'), await gauge('waiting')]).toEqual([1, 1, 0]);
    } finally {
      await narrow.destroy();
    }
  });

  it.each(['UTC', 'Asia/Kolkata', 'America/New_York'])(
    'parses an instant to the millisecond in a session in %s',
    async (zone) => {
      const narrow = createDatabase({ url: server.url, applicationName: 'zone', poolSize: 1 });
      try {
        await sql`select set_config('timezone', ${zone}, false)`.execute(narrow);
        const instants = [
          '2026-06-01T10:00:00Z',
          '2026-06-01T10:00:00.5Z',
          '2026-12-31T23:59:59.123Z',
          '0099-03-01T00:00:00Z',
          '+010000-01-01T00:00:00Z',
          '-000043-03-15T10:00:00Z',
        ];
        const seconds = instants.map((text) => Date.parse(text) / 1_000);
        const { rows } = await sql<{
          at: Date;
        }>`select to_timestamp(s) as at from unnest(${seconds}::float8[]) with ordinality as given (s, n)
          order by n`.execute(narrow);
        expect(rows.map(({ at }) => at.toISOString())).toEqual(instants.map((text) => new Date(text).toISOString()));
        const { rows: others } = await sql<{
          at: unknown;
        }>`select 'infinity'::timestamptz as at union all select null::timestamptz`.execute(narrow);
        expect(others.map(({ at }) => at)).toEqual([Infinity, null]);
        const { rows: fine } = await sql<{ at: Date }>`select timestamptz '2026-06-01 10:00:00.123956Z' as at`.execute(
          narrow,
        );
        expect(fine[0]?.at.toISOString()).toBe('2026-06-01T10:00:00.123Z');
      } finally {
        await narrow.destroy();
      }
    },
  );
});
