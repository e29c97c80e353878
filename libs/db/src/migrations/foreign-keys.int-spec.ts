import { sql } from 'kysely';
import { createTestDatabase, type TestDatabase } from '@pugmark/testing';
import { createDatabase, type Database } from '../connection/database';
import { migrate } from './migrate';

/**
 * Foreign keys without a valid index of all rows whose first columns are those of the key, in any order. A partial
 * index may leave out rows in which a key of one column is null.
 */
const UNINDEXED = sql<{ key: string }>`
  select c.conrelid::regclass || ': ' || pg_get_constraintdef(c.oid) as key
  from pg_constraint c
  where c.contype = 'f' and not exists (
    select 1 from pg_index i
    where i.indrelid = c.conrelid and i.indisvalid
      and (i.indpred is null or cardinality(c.conkey) = 1 and pg_get_expr(i.indpred, i.indrelid) = (
        select format('(%I IS NOT NULL)', attname) from pg_attribute
          where attrelid = c.conrelid and attnum = c.conkey[1]))
      -- An expression among them is column 0, which no key has. indkey counts from 0.
      and (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey and i.indnkeyatts >= cardinality(c.conkey))
  order by 1`;

describe('foreign keys', () => {
  let database: TestDatabase;
  let db: Database;
  beforeAll(async () => {
    database = await createTestDatabase(migrate);
    db = createDatabase({ url: database.url, applicationName: 'foreign-keys-test' });
  });
  afterAll(async () => {
    await db.destroy();
    await database.drop();
  });

  it('have an index each, so that neither a join nor the deletion of a referenced row scans the table', async () => {
    expect((await UNINDEXED.execute(db)).rows).toEqual([]);
  });

  it('without an index are detected by this test', async () => {
    await sql
      .raw(
        `
      create table a (x int, y int, primary key (x, y));
      create table b (z int, x int, y int, foreign key (x, y) references a);
      create index on b (z, x, y);
      create index on b (x) include (y);
      create index on b (x, (y + 1));
      create index on b (x, y) where z > 0`,
      )
      .execute(db);
    expect((await UNINDEXED.execute(db)).rows).toEqual([{ key: 'b: FOREIGN KEY (x, y) REFERENCES a(x, y)' }]);
    await sql
      .raw(
        `
        create index on b (y, x, z);
        create table c (x int primary key);
        create table d (x int references c, y int);
        create index on d (x) where y is not null`,
      )
      .execute(db);
    expect((await UNINDEXED.execute(db)).rows).toEqual([{ key: 'd: FOREIGN KEY (x) REFERENCES c(x)' }]);
    await sql.raw('create index on d (x) where x is not null').execute(db);
    expect((await UNINDEXED.execute(db)).rows).toEqual([]);
  });
});
