import { sql } from 'kysely';
import { Study } from '../testing/study.fixture';
import { refreshObservations } from './refresh-observations';

describe('effective observations of many images', () => {
  let study: Study;
  beforeEach(async () => {
    study = await Study.start();
  });
  afterEach(() => study.stop());

  // Written in one transaction, so that autovacuum cannot collect statistics in between.
  it('are derived by looking up each image, even without statistics of tables that filled quickly', async () => {
    const deployment = await study.deployment('d');
    const first = await study.image(deployment, null);
    const images = 5_000;
    const read = await study.db.transaction().execute(async (tx) => {
      await sql`
        insert into images (project_id, deployment_id, ingest_id, sha256, mode, location, file_path, format, bytes,
          width, height)
        select project_id, deployment_id, ingest_id, sha256(n::text::bytea), mode, location || n, file_path, format,
          bytes, width, height
        from images, generate_series(2, ${images}) n where id = ${first}`.execute(tx);
      await sql`
        insert into inferences (image_id, model_id, stage, engine, decode_ms, infer_ms)
          select id, ${study.modelId}, 'detect', 'null', 1, 1 from images order by id`.execute(tx);
      const { rows: written } = await sql<{ id: number }>`select id from images`.execute(tx);
      await refreshObservations(
        tx,
        written.map(({ id }) => id),
      );
      const { rows } = await sql<{ read: number }>`
        select (coalesce(idx_tup_fetch, 0) + seq_tup_read)::int as read from pg_stat_xact_user_tables
          where relname = 'inferences'`.execute(tx);
      return rows[0]!.read;
    });
    // Once for observations, once for summaries; reading the whole table would take 25 million rows.
    expect(read).toBeLessThanOrEqual(4 * images);
  });
});
