import { sql } from 'kysely';
import { createTestDatabase, type TestDatabase } from '@pugmark/testing';
import { createDatabase, type Database } from './database';
import { isConnectionBroken } from './is-connection-broken';
import { retryOnce } from './retry-once';

describe('retryOnce', () => {
  let server: TestDatabase;
  let db: Database;
  beforeAll(async () => {
    server = await createTestDatabase(() => Promise.resolve());
    db = createDatabase({ url: server.url, applicationName: 'test' });
  });
  afterAll(async () => {
    await db.destroy();
    await server.drop();
  });

  /** Reads; the connection breaks in the middle of the first `breaks` reads. */
  function reader(breaks: number): { readonly read: () => Promise<number>; count: number } {
    const state = {
      count: 0,
      read: async () => {
        state.count += 1;
        if (state.count <= breaks) await sql`select pg_terminate_backend(pg_backend_pid())`.execute(db);
        return (await sql<{ one: number }>`select 1 as one`.execute(db)).rows[0]!.one;
      },
    };
    return state;
  }

  const faultOf = (reading: Promise<number>) =>
    reading.catch((error: unknown) => (isConnectionBroken(error) ? 'broken' : error));

  it('reads again over another connection, but not a third time', async () => {
    expect(await retryOnce(reader(1).read)).toBe(1);
    const hopeless = reader(2);
    expect(await faultOf(retryOnce(hopeless.read))).toBe('broken');
    expect(hopeless.count).toBe(2);
  });

  it('does not retry when the caller forbids it, or after another error', async () => {
    const refused = reader(1);
    expect(await faultOf(retryOnce(refused.read, () => false))).toBe('broken');
    expect(refused.count).toBe(1);
    let count = 0;
    await expect(retryOnce(() => ((count += 1), sql`select 1 / 0`.execute(db)))).rejects.toThrow('division by zero');
    expect(count).toBe(1);
  });
});
