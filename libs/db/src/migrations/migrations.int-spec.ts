import { Migrator, sql } from 'kysely';
import { createTestDatabase, waitUntil, type TestDatabase } from '@pugmark/testing';
import { createDatabase, type Database } from '../connection/database';
import { migrate } from './migrate';
import { MIGRATIONS } from '.';
import { countRows, seedEmptyTables } from '../testing/seed-rows.fixture';

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
    await sql
      .raw(
        `
      insert into projects (name) values ('p');
      insert into deployments (project_id, name, timezone, clock_offset_seconds) values (1, 'd', 'Europe/Berlin', 3600);
      insert into ingests (project_id, source, mode, folder) values (1, 'folder', 'reference', '/f');
      insert into images (project_id, deployment_id, ingest_id, sha256, mode, location, file_path, format, bytes, width, height, captured_local, captured_at)
        select 1, case when t.local < '2027-01-01' then 1 end, 1, t.sha, 'reference', '/f/' || t.sha, 'x.jpg', 'jpeg', 1, 1, 1, t.local, (t.local + interval '1 hour') at time zone 'Europe/Berlin'
        from (values ('a'::bytea, '2026-03-29 01:30'::timestamp), ('b', '2026-10-25 01:30'), ('c', '2026-06-01 12:00'), ('d', null), ('e', '2027-03-28 01:30')) as t (sha, local)`,
      )
      .execute(db);
    await migrate(database.url);
    const rows = await db
      .selectFrom('images')
      .select(['captured_local', 'captured_at', 'time_doubt', 'manual_local'])
      .orderBy('id')
      .execute();
    expect(rows.map(({ time_doubt }) => time_doubt)).toEqual(['dst_gap', 'dst_overlap', null, null, null]);
    expect(rows[0]).toMatchObject({
      captured_local: '2026-03-29T01:30:00',
      captured_at: new Date('2026-03-29T01:30:00Z'),
      manual_local: null,
    });
  });

  it('count the images and detections that are there already, by hour and by day', async () => {
    await migrateTo('2026-12-05-image-counts');
    await sql
      .raw(
        `
      insert into projects (name) values ('p');
      insert into models (name, version, licence, threshold, manifest) values ('m', '1', 'MIT', 0.5, '{}'), ('m', '2', 'MIT', 0.5, '{}');
      insert into deployments (project_id, name, timezone) values (1, 'd', 'Europe/Berlin');
      insert into ingests (project_id, source, mode, folder) values (1, 'folder', 'reference', '/f');
      insert into static_boxes (project_id, deployment_id, category, x, y, width, height, images) values (1, 1, 'animal', 0, 0, 1, 1, 20);
      insert into images (project_id, deployment_id, ingest_id, sha256, mode, location, file_path, format, bytes, width, height)
        select 1, case when n > 1 then 1 end, 1, convert_to(n::text, 'UTF8'), 'reference', '/f/' || n, 'x.jpg', 'jpeg', 1, 1, 1 from generate_series(1, 4) n;
      insert into inferences (image_id, model_id, stage, engine, decode_ms, infer_ms) values (1, 1, 'detect', 'null', 1, 1), (2, 1, 'detect', 'null', 1, 1), (2, 2, 'detect', 'null', 1, 1), (3, 1, 'detect', 'null', 1, 1);
      insert into detections (inference_id, image_id, category, label, confidence, x, y, width, height, static_box_id)
        values (1, 1, 'animal', 'deer', 0.9, 0, 0, 1, 1, null), (1, 1, 'animal', 'deer', 0.4, 0, 0, 1, 1, null), (2, 2, 'animal', 'deer', 0.9, 0, 0, 1, 1, null),
          (3, 2, 'animal', 'deer', 0.5, 0, 0, 1, 1, null), (3, 2, 'animal', 'deer', 0.6, 0, 0, 1, 1, null), (4, 3, 'animal', 'deer', 0.9, 0, 0, 1, 1, 1);
      insert into image_summaries (image_id, project_id, deployment_id, ingest_id, captured_at, local_hour, out_of_dates, answered, inference_id, has_animal, has_person, has_vehicle, blank)
        values (1, 1, null, 1, null, null, false, true, 1, true, false, false, false), (2, 1, 1, 1, '2024-05-31 22:30+00', 0, false, true, 3, true, false, false, false),
          (3, 1, 1, 1, '2024-06-01 10:00+00', 12, false, true, 4, false, false, false, true), (4, 1, 1, 1, '2024-05-31 22:30+00', 0, false, false, null, false, false, false, false)`,
      )
      .execute(db);
    await migrate(database.url);
    const { rows: images } = await sql<{
      detections: number;
    }>`select detections from image_summaries order by image_id`.execute(db);
    expect(images.map(({ detections }) => detections)).toEqual([1, 2, 0, 0]);
    const { rows: days } =
      await sql`select deployment_id, day::text, answered, blank, sum(count)::int as count, sum(detections)::int as detections from image_days group by 1, 2, 3, 4 order by 1, 2, 3`.execute(
        db,
      );
    expect(days).toEqual([
      { deployment_id: 1, day: '2024-05-31', answered: false, blank: false, count: 1, detections: 0 },
      { deployment_id: 1, day: '2024-05-31', answered: true, blank: false, count: 1, detections: 2 },
      { deployment_id: 1, day: '2024-06-01', answered: true, blank: true, count: 1, detections: 0 },
      { deployment_id: null, day: null, answered: true, blank: false, count: 1, detections: 1 },
    ]);
    const { rows: hours } =
      await sql`select local_hour, sum(count)::int as count, sum(detections)::int as detections from image_counts group by 1 order by 1`.execute(
        db,
      );
    expect(hours).toEqual([
      { local_hour: 0, count: 2, detections: 2 },
      { local_hour: 12, count: 1, detections: 0 },
      { local_hour: null, count: 1, detections: 1 },
    ]);
  });

  it('have static boxes looked for where models have answered already', async () => {
    await migrateTo('2026-11-24-models');
    await sql
      .raw(
        `
      insert into projects (name) values ('p');
      insert into deployments (project_id, name, timezone) values (1, 'answered', 'UTC'), (1, 'not yet', 'UTC');
      insert into ingests (project_id, source, mode, folder) values (1, 'folder', 'reference', '/f');
      insert into models (name, version, licence, threshold, manifest) values ('m', '1', 'MIT', 0.5, '{}');
      insert into images (project_id, deployment_id, ingest_id, sha256, mode, location, file_path, format, bytes, width, height)
        select 1, t.deployment, 1, t.sha, 'reference', '/f/' || t.sha, 'x.jpg', 'jpeg', 1, 1, 1 from (values ('a'::bytea, 1), ('b', 1), ('c', 2), ('d', null)) as t (sha, deployment);
      insert into inferences (image_id, model_id, stage, engine, decode_ms, infer_ms) select id, 1, 'detect', 'null', 1, 1 from images where deployment_id is distinct from 2`,
      )
      .execute(db);
    await migrate(database.url);
    expect(await db.selectFrom('stale_static_boxes').select('deployment_id').execute()).toEqual([{ deployment_id: 1 }]);
  });

  it('are applied once by processes that start at the same moment', async () => {
    const applied = await Promise.all([migrate(database.url), migrate(database.url), migrate(database.url)]);
    expect(applied.flat().sort()).toEqual(Object.keys(MIGRATIONS).sort());
  });

  it('bring rows of every table through each of them, and leave every constraint kept', async () => {
    for (const name of Object.keys(MIGRATIONS).sort()) {
      // Of sums, rows that a migration adds are as good as others.
      const before = Object.fromEntries(Object.entries(await counts()).filter(([table]) => table !== 'image_counts'));
      await migrateTo(name);
      expect([name, await counts()]).toEqual([name, expect.objectContaining(before)]);
      await seedEmptyTables(db);
      expect(Object.entries(await counts()).filter(([, count]) => count === 0)).toEqual([]);
      expect([name, await brokenConstraints()]).toEqual([name, []]);
    }
    expect(await migrate(database.url)).toEqual([]);
  });

  it('tell of a constraint that a row breaks', async () => {
    await migrate(database.url);
    await seedEmptyTables(db);
    await sql.raw(`alter table locations add constraint north check (latitude > 1) not valid`).execute(db);
    expect(await brokenConstraints()).toEqual([{ name: 'locations.north', validated: false, broken: 1 }]);
  });

  it('leave the database whole when one of two processes is killed in the middle: the other does all of it', async () => {
    const names = Object.keys(MIGRATIONS).sort();
    await migrateTo(names[0]!);
    await seedEmptyTables(db);
    // A reader that does not end: whatever changes this table waits for it.
    const reader = await db.startTransaction().execute();
    await sql`lock table images in access share mode`.execute(reader);
    const outcomes = [migrate(database.url), migrate(database.url)].map((applied) =>
      applied.then(
        (done) => done.length,
        () => 'killed' as const,
      ),
    );
    const inTheMiddle = await waitUntil('one to wait for the table, the other for the one', async () => {
      const { rows } = await sql<{ pid: number; event: string }>`
        select pid, wait_event as event from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
        db,
      );
      return rows.some(({ event }) => event === 'advisory') && rows.find(({ event }) => event === 'relation')?.pid;
    });
    await sql`select pg_terminate_backend(${inTheMiddle})`.execute(db);
    await waitUntil(
      'it to be gone',
      async () => (await sql`select 1 from pg_stat_activity where pid = ${inTheMiddle}`.execute(db)).rows.length === 0,
    );
    expect((await sql`select name from kysely_migration`.execute(db)).rows).toEqual([{ name: names[0] }]);
    await reader.rollback().execute();
    expect((await Promise.all(outcomes)).sort()).toEqual([names.length - 1, 'killed'].sort());

    const fresh = await createTestDatabase(migrate);
    const other = createDatabase({ url: fresh.url, applicationName: 'migrations-test' });
    expect(await shapeOf(db)).toEqual(await shapeOf(other));
    await other.destroy();
    await fresh.drop();
    expect(await migrate(database.url)).toEqual([]);
  });

  async function counts(): Promise<Record<string, number>> {
    const { rows } = await sql<{
      name: string;
    }>`select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and relname not like 'kysely%'`.execute(
      db,
    );
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
    const looked = rows.map(async ({ name, table, check, validated }) => {
      const broken =
        check === null
          ? 0
          : (
              await sql<{
                count: number;
              }>`select count(*)::int as count from ${sql.table(table)} where not (${sql.raw(check)})`.execute(db)
            ).rows[0]!.count;
      return { name, validated, broken };
    });
    return (await Promise.all(looked)).filter(({ validated, broken }) => !validated || broken > 0);
  }
});

/** Columns, constraints and indexes, in words. */
async function shapeOf(db: Database): Promise<unknown> {
  const columns = sql`
    select attrelid::regclass::text as table, attname as name, format_type(atttypid, atttypmod) as type, attnotnull as required, pg_get_expr(d.adbin, d.adrelid) as standard
    from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where attrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r') and attnum > 0 order by 1, 2`;
  const constraints = sql`select conrelid::regclass::text as table, conname as name, pg_get_constraintdef(oid) as definition from pg_constraint where connamespace = 'public'::regnamespace order by 1, 2`;
  const indexes = sql`select indexdef from pg_indexes where schemaname = 'public' order by 1`;
  return Promise.all([columns, constraints, indexes].map(async (query) => (await query.execute(db)).rows));
}
