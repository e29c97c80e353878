import { sql } from 'kysely';
import { createTestDatabase, waitUntil, type TestDatabase } from '@pugmark/testing';
import { createDatabase, type Database } from '../connection/database';
import { countRows, seedEmptyTables } from '../testing/seed-rows.fixture';
import { MIGRATIONS } from '.';
import { fingerprint } from './fingerprint';
import { migrate } from './migrate';
import { readSchema } from '../testing/schema-snapshot.fixture';

const NAMES = Object.keys(MIGRATIONS);

describe('migrations', () => {
  let database: TestDatabase;
  let db: Database;
  beforeEach(async () => {
    database = await createTestDatabase(() => Promise.resolve());
    db = createDatabase({ url: database.url, applicationName: 'migrations-test' });
  });
  afterEach(async () => {
    await db.destroy();
    await database.drop();
  });

  it('are listed in order of their names', () => {
    expect(NAMES).toEqual([...NAMES].sort());
  });

  it('apply to an empty database once, and change nothing when they are run again', async () => {
    expect(await migrate(database.url)).toEqual(NAMES);
    const schema = await readSchema(db);
    expect(await migrate(database.url)).toEqual([]);
    expect(await readSchema(db)).toEqual(schema);
    expect((await sql`select name from kysely_migration order by name`.execute(db)).rows).toEqual(
      NAMES.map((name) => ({ name })),
    );
  });

  it('insert the row of feed_state', async () => {
    await migrate(database.url);
    expect(await db.selectFrom('feed_state').select('deleted_up_to').execute()).toEqual([{ deleted_up_to: 0 }]);
  });

  it('are applied once by processes that start at the same moment', async () => {
    const applied = await Promise.all([migrate(database.url), migrate(database.url), migrate(database.url)]);
    expect(applied.flat().sort()).toEqual(NAMES);
  });

  it('are applied completely when one of two processes is killed in the middle', async () => {
    // The migration waits for this lock on the name of a table that it creates.
    const blocker = await db.startTransaction().execute();
    await sql`create table feed_state ()`.execute(blocker);
    const outcomes = [migrate(database.url), migrate(database.url)].map((applied) =>
      applied.then(
        (done) => done.length,
        () => 'killed' as const,
      ),
    );
    const pid = await waitUntil('one process to wait for the table, the other one for the first', async () => {
      const { rows } = await sql<{ pid: number; event: string }>`
        select pid, wait_event as event from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
      return rows.some(({ event }) => event === 'advisory') && rows.find(({ event }) => event !== 'advisory')?.pid;
    });
    await sql`select pg_terminate_backend(${pid})`.execute(db);
    await waitUntil(
      'the session to end',
      async () => (await sql`select 1 from pg_stat_activity where pid = ${pid}`.execute(db)).rows.length === 0,
    );
    await blocker.rollback().execute();
    expect((await Promise.all(outcomes)).sort()).toEqual([NAMES.length, 'killed'].sort());

    const fresh = await createTestDatabase(migrate);
    const other = createDatabase({ url: fresh.url, applicationName: 'migrations-test' });
    expect(await readSchema(db)).toEqual(await readSchema(other));
    await other.destroy();
    await fresh.drop();
    expect(await migrate(database.url)).toEqual([]);
  });

  it('create tables that accept rows with and without their optional columns', async () => {
    await migrate(database.url);
    await seedEmptyTables(db);
    expect(Object.entries(await counts()).filter(([, count]) => count === 0)).toEqual([]);
    expect(await brokenConstraints()).toEqual([]);
  });

  it('have a fingerprint that does not change', async () => {
    expect(await fingerprint()).toMatch(/^[0-9a-f]{64}$/);
    expect(await fingerprint()).toBe(await fingerprint());
  });

  async function counts(): Promise<Record<string, number>> {
    const { rows } = await sql<{ name: string }>`
      select relname as name from pg_class
      where relkind = 'r' and relnamespace = 'public'::regnamespace and relname not like 'kysely%'`.execute(db);
    return Object.fromEntries(
      await Promise.all(rows.map(async ({ name }) => [name, await countRows(db, name)] as const)),
    );
  }

  /** Checks and foreign keys that are not validated, and checks that a row breaks. */
  async function brokenConstraints(): Promise<object[]> {
    const { rows } = await sql<{ name: string; table: string; check: string | null; validated: boolean }>`
      select conrelid::regclass || '.' || conname as name, conrelid::regclass::text as table, convalidated as validated,
        case when contype = 'c' then pg_get_expr(conbin, conrelid) end as check
      from pg_constraint where connamespace = 'public'::regnamespace`.execute(db);
    const checked = rows.map(async ({ name, table, check, validated }) => {
      if (check === null) return { name, validated, broken: 0 };
      const { rows: broken } = await sql<{ count: number }>`
        select count(*)::int as count from ${sql.table(table)} where not (${sql.raw(check)})`.execute(db);
      return { name, validated, broken: broken[0]!.count };
    });
    return (await Promise.all(checked)).filter(({ validated, broken }) => !validated || broken > 0);
  }
});
