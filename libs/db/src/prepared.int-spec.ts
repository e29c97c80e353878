import { sql } from 'kysely';
import { createDatabase } from './database';
import { findImage } from './read-models/image-details';
import { Study, found } from './testing/study.fixture';

describe('a marked statement', () => {
  it('is prepared once for a connection, and answers as any other', async () => {
    const study = await Study.start();
    const db = createDatabase({ url: study.databaseUrl, applicationName: 'prepared-test', poolSize: 1 });
    try {
      const ids = [await study.image(null, null, [found('deer')]), await study.image(null, null)];
      for (let n = 0; n < 10; n += 1) expect((await findImage(db, ids[n % 2]!))?.detections.map(({ label }) => label)).toEqual(n % 2 === 0 ? ['deer'] : []);
      const { rows } = await sql<{ name: string; plans: number }>`select name, (generic_plans + custom_plans)::int as plans from pg_prepared_statements`.execute(db);
      expect(rows).toEqual([{ name: 'prepared_1', plans: 10 }]);
    } finally {
      await db.destroy();
      await study.stop();
    }
  });
});
