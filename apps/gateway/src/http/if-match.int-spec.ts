import { sql } from 'kysely';
import { waitUntil } from '@pugmark/testing';
import { TestGateway } from '../testing/gateway.fixture';

interface Described {
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, { readonly headers?: Readonly<Record<string, object>> }>>;
}

/** Tested in reviews.int-spec.ts. */
const REVIEW = '/api/v1/images/{id}/review';
/** Tested in static-detections.int-spec.ts. */
const STATIC_DETECTION = '/api/v1/static-detections/{id}';

describe('If-Match', () => {
  let gateway: TestGateway;
  let paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  /** One resource of each kind, and two changes of it. */
  let things: Readonly<Record<string, { readonly id: number; readonly changes: readonly [object, object] }>>;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    paths = (await gateway.get('/openapi.json')).body.paths;
  });
  afterAll(() => gateway.stop());

  beforeEach(async () => {
    const projectId = await gateway.project();
    const models = [await gateway.model({ name: `a ${projectId}` }), await gateway.model({ name: `b ${projectId}` })];
    const names = [{ name: 'One' }, { name: 'Two' }] as const;
    const deploymentId = await gateway.deployment(projectId);
    const { ids } = await gateway.images(projectId, ['a.jpg'], { deploymentId, capturedLocal: '2026-05-01T06:00:00' });
    things = {
      projects: { id: projectId, changes: [{ modelId: models[0]!.id }, { modelId: models[1]!.id }] },
      locations: {
        id: (await gateway.post(`/projects/${projectId}/locations`, { name: 'Ridge' })).body.id,
        changes: names,
      },
      deployments: { id: deploymentId, changes: names },
      images: { id: ids[0]!, changes: [{ localTime: '2026-05-02T00:00:00' }, { deploymentId: null }] },
      taxa: {
        id: (await gateway.post(`/projects/${projectId}/taxa`, { scientificName: 'Vulpes vulpes' })).body.id,
        changes: [{ rank: 'genus' }, { rank: 'family' }],
      },
    };
  });

  /** Excluded: the state of a run changes by itself while it is processed. */
  const NOT = ['/api/v1/runs/{id}'];
  const RESOURCES = ['projects', 'locations', 'deployments', 'images', 'taxa'];

  it('is accepted by each PATCH and PUT of a resource with a GET, and by nothing else, as documented', () => {
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, one]) => ({ path, method, one, readable: 'get' in methods })),
    );
    const may = operations.filter(({ one }) =>
      one.parameters.some(({ name, in: where }) => name === 'If-Match' && where === 'header'),
    );
    expect(may.map(({ path }) => path).sort()).toEqual(
      [...RESOURCES.map((name) => `/api/v1/${name}/{id}`), REVIEW, REVIEW, STATIC_DETECTION].sort(),
    );
    const should = operations.filter(
      ({ path, method, readable }) => ['patch', 'put'].includes(method) && readable && !NOT.includes(path),
    );
    // DELETE of a review accepts it, too.
    expect(may.filter(({ path, method }) => !(path === REVIEW && method === 'delete'))).toEqual(should);
    expect(operations.filter(({ one }) => '412' in one.responses)).toEqual(may);
    for (const { one } of may) expect(one.responses['200']!.headers).toHaveProperty('ETag');
  });

  describe.each(RESOURCES)('of %s', (resource) => {
    const path = () => `/${resource}/${things[resource]!.id}`;
    const change = (at: 0 | 1) => things[resource]!.changes[at];
    const read = async () => {
      const { body, headers } = await gateway.get(path());
      return { body, etag: String(headers.get('etag')) };
    };

    it('changes a resource that is as the client saw it, and returns its new ETag', async () => {
      const { body, etag } = await read();
      expect(etag).toMatch(/^"[\w-]+"$/);
      const answer = await gateway.patch(path(), change(0), { 'if-match': etag });
      expect(answer).toMatchObject({ status: 200, body: change(0) });
      expect(answer.body).not.toEqual(body);
      expect(await read()).toEqual({ body: answer.body, etag: answer.headers.get('etag') });
      expect((await gateway.patch(path(), change(1), { 'if-match': String(answer.headers.get('etag')) })).status).toBe(
        200,
      );
    });

    it('changes no resource that is different', async () => {
      const { etag } = await read();
      const { body: first } = await gateway.patch(path(), change(0));
      const answer = await gateway.patch(path(), change(1), { 'if-match': etag });
      expect(answer).toMatchObject({ status: 412, body: { type: 'urn:pugmark:problem:etag_mismatch' } });
      expect((await read()).body).toEqual(first);
    });

    it('lets one of two concurrent changes win', async () => {
      const { etag } = await read();
      const blocker = await gateway.db.startTransaction().execute();
      await sql`select 1 from ${sql.table(resource)} where id = ${things[resource]!.id} for update`.execute(blocker);
      const both = Promise.all([
        gateway.patch(path(), change(0), { 'if-match': etag }),
        gateway.patch(path(), change(1), { 'if-match': etag }),
      ]);
      await waitUntil(
        'both requests to wait for the lock',
        async () =>
          (
            await sql`select 1 from pg_stat_activity
              where datname = current_database() and wait_event_type = 'Lock'`.execute(gateway.db)
          ).rows.length === 2,
      );
      await blocker.rollback().execute();
      const answers = await both;
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
      expect((await read()).body).toEqual(answers.find(({ status }) => status === 200)!.body);
    });

    it('accepts * for any present state', async () => {
      expect((await gateway.patch(path(), change(0), { 'if-match': '*' })).status).toBe(200);
      expect((await gateway.patch(`/${resource}/999999`, change(0), { 'if-match': '*' })).status).toBe(404);
    });

    it.each([
      [(etag: string) => `"another", ${etag}`, 200],
      [(etag: string) => ` , ${etag},`, 200],
      [() => '"a,b"', 412],
      [(etag: string) => `W/${etag}`, 412],
      [() => '""', 412],
      [(etag: string) => etag.slice(1, -1), 412],
      [(etag: string) => `${etag} "b"`, 412],
      [(etag: string) => `${etag}, *`, 412],
      [() => `${', '.repeat(4_000)}x`, 412],
      [() => '', 412],
    ])('accepts lists and refuses malformed values (%#)', async (header, status) => {
      const { body, etag } = await read();
      const answer = await gateway.patch(path(), change(0), { 'if-match': header(etag) });
      expect(answer.status).toBe(status);
      if (status !== 200) expect((await read()).body).toEqual(body);
    });
  });

  it('explains a weak ETag', async () => {
    const path = `/projects/${things['projects']!.id}`;
    const etag = (await gateway.get(path)).headers.get('etag');
    expect((await gateway.patch(path, {}, { 'if-match': `W/${etag}` })).body.detail).toMatch(/proxy/);
  });

  it('appears in no response that differs from what GET answers', async () => {
    expect((await gateway.post('/projects', { name: 'no tag' })).headers.get('etag')).toBeNull();
    expect((await gateway.get('/projects/999999')).headers.get('etag')).toBeNull();
  });
});
