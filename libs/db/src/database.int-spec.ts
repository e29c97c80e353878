import { sql } from 'kysely';
import { createTestDatabase, waitUntil, type TestDatabase } from '@pugmark/testing';
import { createDatabase, type Database } from './database';

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

  it('survives a connection that breaks between two statements of a transaction, and goes on with others', async () => {
    const uncaught: unknown[] = [];
    const listener = (error: unknown): void => void uncaught.push(error);
    process.on('uncaughtException', listener);
    try {
      const transaction = db.transaction().execute(async (tx) => {
        const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
        const pid = rows[0]?.pid ?? 0;
        await sql`select pg_terminate_backend(${pid})`.execute(db);
        await waitUntil('the connection to be gone', async () => (await sql`select 1 from pg_stat_activity where pid = ${pid}`.execute(db)).rows.length === 0);
        await sql`select 1`.execute(tx);
      });
      await expect(transaction).rejects.toThrow(/terminat|not queryable/);
      expect((await sql<{ one: number }>`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
      expect(uncaught).toEqual([]);
    } finally {
      process.off('uncaughtException', listener);
    }
  });

  it('destroys a connection whose statement timed out, so that nobody waits behind it', async () => {
    const impatient = createDatabase({ url: server.url, applicationName: 'impatient', poolSize: 1, statementTimeoutMs: 300 });
    try {
      await expect(sql`select pg_sleep(20)`.execute(impatient)).rejects.toThrow(/statement timeout|Query read timeout/);
      expect((await sql<{ one: number }>`select 1 as one`.execute(impatient)).rows).toEqual([{ one: 1 }]);
    } finally {
      await impatient.destroy();
    }
  });
});
