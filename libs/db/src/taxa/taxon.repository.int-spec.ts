import { sql } from 'kysely';
import { createTestDatabase, waitUntil, type TestDatabase } from '@pugmark/testing';
import { createDatabase, type Database } from '../connection/database';
import { migrate } from '../migrations/migrate';
import { ProjectRepository } from '../projects/project.repository';
import { TaxonRepository } from './taxon.repository';

describe('TaxonRepository', () => {
  const taxa = new TaxonRepository();
  let server: TestDatabase;
  let db: Database;
  let projectId: number;

  beforeAll(async () => {
    server = await createTestDatabase(migrate);
    db = createDatabase({ url: server.url, applicationName: 'test' });
  });
  afterAll(async () => {
    await db.destroy();
    await server.drop();
  });
  beforeEach(async () => {
    projectId = (await new ProjectRepository().create(db, `project ${Math.random()}`))!.id;
  });

  const create = (scientificName: string, commonName: string | null = null, project = projectId) =>
    taxa.create(db, { projectId: project, scientificName, commonName, category: 'animal', rank: 'species' });
  const found = async (q: string): Promise<string[]> =>
    (await taxa.page(db, projectId, { archived: false, q }, '', 50)).map((row) => row.scientific_name);

  it('accepts a name once in a project, ignoring case, and again in another project', async () => {
    expect(await create('Vulpes vulpes', 'Red fox')).toMatchObject({
      project_id: projectId,
      scientific_name: 'Vulpes vulpes',
      common_name: 'Red fox',
      category: 'animal',
      rank: 'species',
      archived_at: null,
    });
    expect(await create('VULPES vulpes')).toBeNull();
    const another = (await new ProjectRepository().create(db, 'another'))!.id;
    expect(await create('Vulpes vulpes', null, another)).toMatchObject({
      project_id: another,
      scientific_name: 'Vulpes vulpes',
    });
  });

  it.each([
    ['vul', ['Vulpes vulpes']],
    ['FOX', ['Otocyon megalotis', 'Vulpes vulpes']],
    ['re fo', ['Vulpes vulpes']],
    ['bat-', ['Otocyon megalotis']],
    ['ulpes', []],
    ['öl', ['Meloe violaceus']],
    ['ÖLK', ['Meloe violaceus']],
    ['--', []],
    ["'; drop table taxa; --", []],
    ['fox & !red', ['Vulpes vulpes']],
  ])('finds %j by prefixes of words', async (q, names) => {
    await create('Vulpes vulpes', 'Red fox');
    await create('Otocyon megalotis', 'Bat-eared fox');
    await create('Meloe violaceus', 'ÖLKÄFER');
    expect(await found(q)).toEqual(names);
  });

  it('finds by the present names', async () => {
    const row = (await create('Felis catus', 'Cat'))!;
    await db.transaction().execute((tx) => taxa.update(tx, row, { commonName: 'Domestic cat' }));
    expect([await found('domestic felis'), await found('cat')]).toEqual([['Felis catus'], ['Felis catus']]);
    await db
      .transaction()
      .execute((tx) =>
        taxa.update(
          tx,
          { ...row, common_name: 'Domestic cat' },
          { scientificName: 'Felis silvestris', commonName: null },
        ),
      );
    expect([await found('domestic'), await found('catus'), await found('silv')]).toEqual([
      [],
      [],
      ['Felis silvestris'],
    ]);
  });

  it('pages in order of the name, ignoring case', async () => {
    for (const name of ['b', 'A', 'd', 'C']) await create(name);
    const [a, b] = await taxa.page(db, projectId, { archived: false }, '', 2);
    expect([a, b].map((row) => row!.scientific_name)).toEqual(['A', 'b']);
    expect(
      (await taxa.page(db, projectId, { archived: false }, b!.scientific_name, 5)).map((row) => row.scientific_name),
    ).toEqual(['C', 'd']);
  });

  it('finds many at once, by id and by name, archived ones too', async () => {
    const [fox, cat] = [(await create('Vulpes vulpes'))!, (await create('Felis catus'))!];
    await taxa.archive(db, cat.id);
    expect((await taxa.findMany(db, [fox.id, cat.id, 999_999])).get(cat.id)!.archived_at).toBeInstanceOf(Date);
    const byName = await taxa.findByNames(db, projectId, ['vulpes VULPES', 'Felis catus', 'Felis catus', 'unknown']);
    expect([...byName].map(([name, { id }]) => [name, id]).sort()).toEqual([
      ['Felis catus', cat.id],
      ['vulpes VULPES', fox.id],
    ]);
    expect([
      await taxa.find(db, 999_999),
      (await taxa.findMany(db, [])).size,
      (await taxa.findByNames(db, projectId, [])).size,
    ]).toEqual([null, 0, 0]);
  });

  it('searches by an index when there are many', async () => {
    await sql`
      insert into taxa (project_id, scientific_name, search_terms)
      select ${projectId}, 'species ' || n, array_to_tsvector(array['species', 'n' || n])
        from generate_series(1, 20000) n`.execute(db);
    await sql`analyze taxa`.execute(db);
    const scans = async (): Promise<number> =>
      (
        await sql<{
          n: number;
        }>`select idx_scan as n from pg_stat_user_indexes where indexrelname = 'taxa_search_terms'`.execute(db)
      ).rows[0]!.n;
    const before = await scans();
    // Postgres reports its statistics with a delay.
    await waitUntil(
      'the index to be used',
      async () => (expect(await found('n777')).toHaveLength(11), (await scans()) > before),
    );
  });
});
