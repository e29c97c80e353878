import { Migrator, sql } from 'kysely';
import { createTestDatabase, type TestDatabase } from '@pugmark/testing';
import { createDatabase, type Database } from '../database';
import { migrate } from '../migrate';
import { MIGRATIONS } from '.';

/** Migrations against a database that is in use: what is in it must come through, and be brought up to date. */
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

  async function migrateTo(name: string): Promise<void> {
    const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(MIGRATIONS) } });
    const { error } = await migrator.migrateTo(name);
    expect(error).toBeUndefined();
  }

  it('flag the doubtful times of images that are there already', async () => {
    await migrateTo('2026-11-24-models');
    await sql.raw(`
      insert into projects (name) values ('p');
      insert into deployments (project_id, name, timezone, clock_offset_seconds) values (1, 'd', 'Europe/Berlin', 3600);
      insert into ingests (project_id, source, mode, folder) values (1, 'folder', 'reference', '/f');
      insert into images (project_id, deployment_id, ingest_id, sha256, mode, location, file_path, format, bytes, width, height, captured_local, captured_at)
        select 1, case when t.local < '2027-01-01' then 1 end, 1, t.sha, 'reference', '/f/' || t.sha, 'x.jpg', 'jpeg', 1, 1, 1, t.local, (t.local + interval '1 hour') at time zone 'Europe/Berlin'
        from (values ('a'::bytea, '2026-03-29 01:30'::timestamp), ('b', '2026-10-25 01:30'), ('c', '2026-06-01 12:00'), ('d', null), ('e', '2027-03-28 01:30')) as t (sha, local)`).execute(db);
    await migrate(database.url);
    const rows = await db.selectFrom('images').select(['captured_local', 'captured_at', 'time_doubt', 'manual_local']).orderBy('id').execute();
    expect(rows.map(({ time_doubt }) => time_doubt)).toEqual(['dst_gap', 'dst_overlap', null, null, null]);
    expect(rows[0]).toMatchObject({ captured_local: '2026-03-29T01:30:00', captured_at: new Date('2026-03-29T01:30:00Z'), manual_local: null });
  });

  it('are applied once by processes that start at the same moment', async () => {
    const applied = await Promise.all([migrate(database.url), migrate(database.url), migrate(database.url)]);
    expect(applied.flat().sort()).toEqual(Object.keys(MIGRATIONS).sort());
  });
});
