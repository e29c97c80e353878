import { sql } from 'kysely';
import { createTestDatabase, type TestDatabase } from '@pugmark/testing';
import { createDatabase, type Database } from '../connection/database';
import { deleteImages } from '../images/delete-images';
import { migrate } from '../migrations/migrate';
import { countRows, seedEmptyTables } from '../testing/seed-rows.fixture';
import { deleteProjectPart } from './delete-project';

/** Tables whose rows belong to no project, or stay when it is deleted. */
const KEPT = [
  'api_keys',
  'audit_log',
  'bulk_changes',
  'deleted_contents',
  'engine_reports',
  'feed_state',
  'idempotency_keys',
  'incidents',
  'models',
  'sessions',
  // Of kinds whose subjects never existed.
  'task_counts',
  'task_progress',
  'tasks',
];

describe('deleteProjectPart', () => {
  let database: TestDatabase;
  let db: Database;
  beforeEach(async () => {
    database = await createTestDatabase(migrate);
    db = createDatabase({ url: database.url, applicationName: 'delete-project-test' });
  });
  afterEach(async () => {
    await db.destroy();
    await database.drop();
  });

  const deletePart = (id: number) => db.transaction().execute((tx) => deleteProjectPart(tx, id));

  it('leaves no row of a project, in whatever table', async () => {
    await seedEmptyTables(db);
    const projects = await db.selectFrom('projects').select('id').execute();
    const images = await db.selectFrom('images').select('id').execute();
    await sql`update feed set project_id = 1 where id = 1`.execute(db);
    await db.transaction().execute((tx) =>
      deleteImages(
        tx,
        images.map(({ id }) => id),
      ),
    );
    for (const { id } of projects) expect(await deletePart(id)).toBe(true);
    const { rows } = await sql<{ name: string }>`
      select relname as name from pg_class
      where relkind = 'r' and relnamespace = 'public'::regnamespace and relname not like 'kysely%'`.execute(db);
    const left = await Promise.all(rows.map(async ({ name }) => ({ name, count: await countRows(db, name) })));
    expect(left.filter(({ name, count }) => count > 0 && !KEPT.includes(name))).toEqual([{ name: 'feed', count: 1 }]);
    expect(await db.selectFrom('feed').select('project_id').execute()).toEqual([{ project_id: null }]);
    expect(await db.selectFrom('bulk_changes').select('project_id').distinct().execute()).toEqual([
      { project_id: null },
    ]);
  });

  it('deletes many rows in several transactions, and nothing of another project', async () => {
    const { rows: projects } = await sql<{ id: number }>`
      insert into projects (name) values ('large'), ('other') returning id`.execute(db);
    await sql`insert into ingests (project_id, source, mode, folder)
      select id, 'folder', 'copy', '/x' from projects`.execute(db);
    await sql`insert into ingest_files (ingest_id, path, outcome)
      select i.id, n || '.jpg', 'skipped' from ingests i, generate_series(1, 12000) n`.execute(db);
    const [large, other] = projects;
    expect(await deletePart(large!.id)).toBe(false);
    expect(await countRows(db, 'ingest_files')).toBe(14_000);
    expect(await deletePart(large!.id)).toBe(true);
    // As after a crash before the task was done.
    expect(await deletePart(large!.id)).toBe(true);
    expect(await db.selectFrom('projects').select('id').execute()).toEqual([{ id: other!.id }]);
    expect(await countRows(db, 'ingest_files')).toBe(12_000);
  });

  it('deletes nothing while the project has images', async () => {
    await seedEmptyTables(db);
    const { id } = await db.selectFrom('images').select('project_id as id').executeTakeFirstOrThrow();
    await expect(deletePart(id)).rejects.toMatchObject({ code: 'project_in_use' });
  });
});
