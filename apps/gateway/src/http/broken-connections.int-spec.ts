import { sql } from 'kysely';
import { createDatabase, migrate, type Database } from '@pugmark/db';
import {
  createTestDatabase,
  startDatabaseRelay,
  waitUntil,
  type DatabaseRelay,
  type TestDatabase,
} from '@pugmark/testing';
import { TestGateway } from '../testing/gateway.fixture';
import { tinyJpeg } from '../testing/test-images.fixture';

/** Breaks the database connection of a request; the connections of the test itself stay intact. */
describe('when a database connection breaks during a request', () => {
  let database: TestDatabase;
  let relay: DatabaseRelay;
  let own: Database;
  let gateway: TestGateway;
  beforeAll(async () => {
    database = await createTestDatabase(migrate);
    relay = await startDatabaseRelay(database.url);
    own = createDatabase({ url: database.url, applicationName: 'own' });
    gateway = await TestGateway.start({ databaseUrl: relay.url });
    gateway.adminKey = await gateway.key(['admin']);
    await gateway.model();
  });
  afterAll(async () => {
    await gateway.stop();
    await own.destroy();
    relay.close();
    await database.drop();
  });

  /**
   * Lets the request block on a lock of a table or row, terminates its connection the given number of times, then
   * releases the lock.
   */
  async function breaking<T>(locked: string, times: number, request: () => Promise<T>): Promise<T> {
    const blocker = await own.startTransaction().execute();
    await sql.raw(locked).execute(blocker);
    const answer = request();
    for (let time = 0; time < times; time += 1) {
      const pid = await gateway.waitForBlockedStatement(own);
      await sql`select pg_terminate_backend(${pid})`.execute(own);
      await waitUntil(
        'the connection to be terminated',
        async () => (await sql`select 1 from pg_stat_activity where pid = ${pid}`.execute(own)).rows.length === 0,
      );
    }
    if (times < 2) await gateway.waitForBlockedStatement(own);
    await blocker.rollback().execute();
    return answer;
  }

  const all = (table: string): string => `lock table ${table} in access exclusive mode`;

  it('retries a read and answers as if nothing had happened', async () => {
    const id = await gateway.project();
    expect(await breaking(all('projects'), 1, () => gateway.get(`/projects/${id}`))).toMatchObject({
      status: 200,
      body: { id },
    });
    // A key that was not used before: known keys are cached for a second.
    const authorization = `Bearer ${await gateway.key(['read'])}`;
    expect(await breaking(all('api_keys'), 1, () => gateway.get(`/projects/${id}`, { authorization }))).toMatchObject({
      status: 200,
      body: { id },
    });
  });

  it('retries a read only once, then answers 503 with Retry-After', async () => {
    const answer = await breaking(all('projects'), 2, () => gateway.get('/projects'));
    expect(answer).toMatchObject({ status: 503, body: { type: 'urn:pugmark:problem:database_unavailable' } });
    expect(answer.headers.get('retry-after')).toBe('5');
  });

  it('retries a change, which is made once', async () => {
    const projectId = await gateway.project();
    const { id } = (await gateway.post(`/projects/${projectId}/locations`, { name: 'Ridge' })).body;
    const changed = await breaking(all('locations'), 1, () => gateway.patch(`/locations/${id}`, { name: 'Peak' }));
    expect(changed).toMatchObject({ status: 200, body: { name: 'Peak' } });
    // In the middle of the file.
    const csv = 'name,latitude,longitude\nCreek,,\nPeak,1,2\n';
    const imported = await breaking(`select from locations where id = ${id} for update`, 1, () =>
      gateway.request('POST', `/projects/${projectId}/locations/import`, {
        body: csv,
        headers: { 'content-type': 'text/csv' },
      }),
    );
    expect(imported.body).toEqual({ dryRun: false, created: 1, updated: 1, unchanged: 0, errors: [] });
  });

  describe('when the answer to COMMIT is lost too', () => {
    const lose = <T>(request: () => Promise<T>): Promise<T> => {
      relay.loseAnswerTo('commit');
      return request();
    };

    it('finds the created resource by its Idempotency-Key', async () => {
      const answer = await lose(() => gateway.post('/projects', { name: 'Lynx' }, { 'idempotency-key': 'lynx' }));
      expect(answer.status).toBe(201);
      expect((await gateway.get(`/projects/${answer.body.id}`)).body).toEqual(answer.body);
    });

    it('creates nothing twice without a key: answers 503, and the client must check', async () => {
      expect((await lose(() => gateway.post('/projects', { name: 'Otter' }))).status).toBe(503);
      await waitUntil(
        'the commit',
        async () => (await own.selectFrom('projects').select('id').where('name', '=', 'Otter').execute()).length === 1,
      );
    });

    it.each([
      ['with a key, and answers as usual', { 'idempotency-key': 'cards' }, 202],
      ['without a key: keeps them, since an ingest may point to them', {}, 503],
    ] as [string, Record<string, string>, number][])(
      'handles the files of an upload %s',
      async (_, headers, status) => {
        const projectId = await gateway.project();
        const before = await gateway.storedFiles();
        const form = new FormData();
        form.append('files', new Blob([new Uint8Array(await tinyJpeg(1))]), 'a.jpg');
        const answer = await lose(() =>
          gateway.request('POST', `/uploads?projectId=${projectId}`, { body: form, headers }),
        );
        expect(answer.status).toBe(status);
        const ingests = () => own.selectFrom('ingests').select('folder').where('project_id', '=', projectId).execute();
        await waitUntil('the commit', async () => (await ingests()).length === 1);
        const stored = (await gateway.storedFiles()).filter((file) => !before.includes(file));
        expect(stored).toHaveLength(1);
        expect(`${gateway.folder}/storage/${stored[0]}`).toBe(`${(await ingests())[0]!.folder}/a.jpg`);
      },
    );
  });
});

describe('when all database connections are in use', () => {
  it('answers 503 within a deadline, with the reason and Retry-After', async () => {
    const gateway = await TestGateway.start({ database: { poolSize: 1, statementTimeoutMs: 500 } });
    const holder = await gateway.db.startTransaction().execute();
    const answer = await gateway.get('/projects');
    await holder.rollback().execute();
    expect(answer).toMatchObject({
      status: 503,
      body: { type: 'urn:pugmark:problem:database_busy', detail: expect.stringContaining('DATABASE_POOL_SIZE') },
    });
    expect(answer.headers.get('retry-after')).toBe('5');
    expect((await gateway.get('/projects')).status).toBe(200);
    await gateway.stop();
  });
});
