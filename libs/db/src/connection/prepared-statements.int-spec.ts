import { sql } from 'kysely';
import { createTestDatabase } from '@pugmark/testing';
import { createDatabase } from './database';
import { migrate } from '../migrations/migrate';
import { PREPARED } from './prepared-statements';
import { findImage } from '../images/image-details';
import { Study, found } from '../testing/study.fixture';

describe('a prepared statement', () => {
  it('is planned once for each connection, and returns the same rows as another statement', async () => {
    const study = await Study.start();
    const db = createDatabase({ url: study.databaseUrl, applicationName: 'prepared-test', poolSize: 1 });
    try {
      const ids = [await study.image(null, null, [found('deer')]), await study.image(null, null)];
      for (let n = 0; n < 10; n += 1)
        expect((await findImage(db, ids[n % 2]!))?.detections.map(({ label }) => label)).toEqual(
          n % 2 === 0 ? ['deer'] : [],
        );
      const { rows } = await sql<{
        name: string;
        plans: number;
      }>`select name, (generic_plans + custom_plans)::int as plans from pg_prepared_statements`.execute(db);
      expect(rows).toEqual([{ name: 'prepared_1', plans: 10 }]);
    } finally {
      await db.destroy();
      await study.stop();
    }
  });

  it('is deallocated when it is the least recently used of too many, and can be executed again', async () => {
    const server = await createTestDatabase(migrate);
    const db = createDatabase({ url: server.url, applicationName: 'prepared-test', poolSize: 1 });
    const ask = async (n: number): Promise<unknown> =>
      (await sql`${PREPARED} select ${sql.lit(n)}::int as answer`.execute(db)).rows;
    try {
      for (let n = 1; n <= 150; n += 1) expect(await ask(n)).toEqual([{ answer: n }]);
      const kept = async (): Promise<readonly string[]> =>
        (await sql<{ name: string }>`select name from pg_prepared_statements`.execute(db)).rows.map(({ name }) => name);
      expect([...(await kept())].sort()).toEqual(Array.from({ length: 100 }, (_, n) => `prepared_${n + 51}`).sort());
      expect(await ask(7)).toEqual([{ answer: 7 }]);
      expect(await kept()).toHaveLength(100);
    } finally {
      await db.destroy();
      await server.drop();
    }
  });

  it('that the server rejected is not deallocated, which would abort the transaction', async () => {
    const server = await createTestDatabase(migrate);
    const db = createDatabase({ url: server.url, applicationName: 'prepared-test', poolSize: 1 });
    try {
      await expect(sql`${PREPARED} select no_such_column`.execute(db)).rejects.toThrow('no_such_column');
      await db.transaction().execute(async (tx) => {
        for (let n = 1; n <= 150; n += 1)
          expect((await sql`${PREPARED} select ${sql.lit(n)}::int as answer`.execute(tx)).rows).toEqual([
            { answer: n },
          ]);
      });
    } finally {
      await db.destroy();
      await server.drop();
    }
  });
});
