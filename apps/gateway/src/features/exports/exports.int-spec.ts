import { get as httpGet } from 'node:http';
import { exportJobKey, type Cache } from '@pugmark/cache';
import { TestGateway } from '../../testing/gateway.fixture';

/** fetch adds `cache-control: no-cache` to conditional requests, which asks for a fresh response. */
function statusOf(url: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    httpGet(url, { headers, agent: false }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode));
    }).on('error', reject);
  });
}

const CSV = 'detection_id,image_id\r\n1,2\r\n';

describe('exports', () => {
  let gateway: TestGateway;
  let projectId: number;
  const cached = new Map<string, unknown>();
  const cache: Cache = {
    get: <T>(key: string) => Promise.resolve(cached.get(key) as T | undefined),
    set: async (key, value) => void cached.set(key, value),
    delete: async (key) => void cached.delete(key),
    state: () => 'up',
    close: () => Promise.resolve(),
  };
  beforeAll(async () => {
    gateway = await TestGateway.start({ cache });
    projectId = await gateway.project();
  });
  afterAll(() => gateway.stop());

  const create = async (): Promise<number> =>
    (await gateway.post('/exports', { projectId, format: 'csv', content: 'detections' })).body.id;
  /** Does what export-worker does. */
  const complete = async (id: number, keepSeconds = 3_600): Promise<string> => {
    const file = await gateway.exportFiles.write(`${id}-1.csv`, (write) => write(CSV));
    const [task] = await gateway.claim('export', [id]);
    if (task === undefined) throw new Error('nothing was claimed');
    const artifact = { fileKey: file.key, rowCount: 1, bytes: file.bytes, sha256: file.sha256 };
    await gateway.repositories.tasks.commit([{ task, outcome: 'done', result: null }], (tx) =>
      gateway.repositories.exports.complete(tx, id, artifact, keepSeconds),
    );
    return file.sha256.toString('hex');
  };

  it('creates an export with its task', async () => {
    const deploymentId = await gateway.deployment(projectId);
    const filter = { deploymentId, category: 'animal', minConfidence: 0.5 };
    const created = await gateway.post('/exports', { projectId, format: 'csv', content: 'detections', filter });
    expect(created.status).toBe(202);
    expect(created.headers.get('location')).toBe(`/api/v1/exports/${created.body.id}`);
    expect(created.body).toEqual({
      id: expect.any(Number),
      projectId,
      format: 'csv',
      content: 'detections',
      filter,
      status: 'pending',
      percent: 0,
      rows: null,
      bytes: null,
      sha256: null,
      expiresAt: null,
      error: null,
      downloadUrl: null,
      createdAt: expect.any(String),
    });
    const task = await gateway.db
      .selectFrom('tasks')
      .selectAll()
      .where('kind', '=', 'export')
      .where('subject_id', '=', created.body.id)
      .executeTakeFirstOrThrow();
    expect(task).toMatchObject({ state: 'waiting', traceparent: expect.stringMatching(/^00-/) });
    expect((await gateway.get(`/exports?projectId=${projectId}`)).body.items).toEqual([created.body]);
  });

  it.each([
    [{ format: 'xlsx' }, 400, 'format'],
    [{ format: undefined }, 400, 'format'],
    [{ content: 'images' }, 400, 'content'],
    [{ filter: { category: 'bear' } }, 400, 'filter.category'],
    [{ filter: { minConfidence: 2 } }, 400, 'filter.minConfidence'],
    [{ filter: { colour: 'red' } }, 400, 'filter.colour'],
    [{ filter: { __proto__x: 1 } }, 400, 'filter.__proto__x'],
    [{ filter: 'all' }, 400, 'filter'],
    [{ filter: [] }, 400, 'filter'],
    [{ filter: { deploymentId: 999_999 } }, 422, 'filter.deploymentId'],
    [{ filter: { runId: 999_999 } }, 422, 'filter.runId'],
    [{ projectId: 999_999 }, 422, 'projectId'],
    [{ email: 'a@b' }, 400, 'email'],
  ])('refuses the export %j', async (change, status, field) => {
    const answer = await gateway.post('/exports', { projectId, format: 'csv', content: 'detections', ...change });
    expect(answer.status).toBe(status);
    expect(answer.body.errors.map((error: { field: string }) => error.field)).toContain(field);
  });

  it('refuses the run of another project', async () => {
    const other = await gateway.project();
    const runId = await gateway.run(other, (await gateway.model()).id);
    expect(
      (await gateway.post('/exports', { projectId, format: 'csv', content: 'detections', filter: { runId } })).status,
    ).toBe(422);
  });

  it('reports live progress while the export runs, and the row alone when the cache is empty', async () => {
    const id = await create();
    cached.set(exportJobKey(id), { status: 'processing', percent: 70 });
    expect((await gateway.get(`/exports/${id}`)).body).toMatchObject({ status: 'pending', percent: 0 });
    await gateway.claim('export', [id]);
    await gateway.repositories.exports.setPercent(gateway.db, id, 40);
    expect((await gateway.get(`/exports/${id}`)).body).toMatchObject({ status: 'processing', percent: 70 });
    cached.clear();
    expect((await gateway.get(`/exports/${id}`)).body).toMatchObject({ status: 'processing', percent: 40 });
  });

  it('returns the whole file', async () => {
    const id = await create();
    const sha256 = await complete(id);
    const shown = (await gateway.get(`/exports/${id}`)).body;
    expect(shown).toMatchObject({
      status: 'completed',
      percent: 100,
      rows: 1,
      bytes: CSV.length,
      sha256,
      error: null,
      downloadUrl: `/api/v1/exports/${id}/download`,
    });
    expect(new Date(shown.expiresAt).getTime()).toBeGreaterThan(Date.now() + 3_000_000);
    const { status, headers, body } = await gateway.get(`/exports/${id}/download`);
    expect({ status, body }).toEqual({ status: 200, body: CSV });
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(headers.get('content-disposition')).toBe(`attachment; filename="pugmark-detections-${id}.csv"`);
    expect(headers.get('etag')).toBe(`"${sha256}"`);
    expect(headers.get('accept-ranges')).toBe('bytes');
    expect(headers.get('content-length')).toBe(String(CSV.length));
  });

  it('returns ranges of it', async () => {
    const id = await create();
    const sha256 = await complete(id);
    const part = (range: string, more: Record<string, string> = {}) =>
      gateway.get(`/exports/${id}/download`, { range, ...more });
    const first = await part('bytes=0-8');
    expect(first).toMatchObject({ status: 206, body: CSV.slice(0, 9) });
    expect(first.headers.get('content-range')).toBe(`bytes 0-8/${CSV.length}`);
    expect(await part('bytes=9-')).toMatchObject({ status: 206, body: CSV.slice(9) });
    expect(await part('bytes=-5')).toMatchObject({ status: 206, body: CSV.slice(-5) });
    expect(await part('bytes=0-8', { 'if-range': `"${sha256}"` })).toMatchObject({ status: 206 });
    expect(await part('bytes=0-8', { 'if-range': '"another file"' })).toMatchObject({ status: 200, body: CSV });
    expect(await part('lines=1-2')).toMatchObject({ status: 200 });
    const outside = await part(`bytes=${CSV.length}-`);
    expect(outside).toMatchObject({ status: 416, body: { type: 'urn:pugmark:problem:range_not_satisfiable' } });
    expect(outside.headers.get('content-range')).toBe(`bytes */${CSV.length}`);
    expect(
      await statusOf(`${gateway.url}/exports/${id}/download`, {
        authorization: `Bearer ${gateway.adminKey}`,
        'if-none-match': `"${sha256}"`,
      }),
    ).toBe(304);
    expect(await gateway.request('HEAD', `/exports/${id}/download`)).toMatchObject({ status: 200, body: '' });
  });

  it('refuses a download before the export is done', async () => {
    const id = await create();
    expect(await gateway.get(`/exports/${id}/download`)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('pending') },
    });
  });

  it('refuses a download after expiry, and one whose file is missing', async () => {
    const id = await create();
    await complete(id);
    await gateway.exportFiles.remove(`exports/${id}-1.csv`);
    const answer = await gateway.get(`/exports/${id}/download`);
    expect(answer).toMatchObject({ status: 410, body: { type: 'urn:pugmark:problem:expired' } });
    expect(answer.headers.get('content-type')).toMatch(/problem\+json/);
    expect(answer.headers.get('content-disposition')).toBeNull();
    await gateway.db
      .updateTable('exports')
      .set({ expires_at: new Date(Date.now() - 60_000) })
      .where('id', '=', id)
      .execute();
    expect((await gateway.get(`/exports/${id}`)).body).toMatchObject({ status: 'expired', downloadUrl: null });
    expect((await gateway.get(`/exports/${id}/download`)).status).toBe(410);
  });

  it('reports why an export failed', async () => {
    const id = await create();
    await gateway.finish('export', [id], { code: 'disk_full', message: 'no space below /srv/pugmark/storage' });
    expect((await gateway.get(`/exports/${id}`)).body).toMatchObject({
      status: 'failed',
      error: { code: 'disk_full', message: 'no space below …/storage' },
    });
    expect((await gateway.get(`/exports/${id}/download`)).status).toBe(409);
  });

  it('cancels an unfinished export, also twice, and clears its progress', async () => {
    const id = await create();
    cached.set(exportJobKey(id), { status: 'processing', percent: 70 });
    expect(await gateway.post(`/exports/${id}/cancel`)).toMatchObject({
      status: 202,
      body: { status: 'cancelled', downloadUrl: null },
    });
    expect(cached.has(exportJobKey(id))).toBe(false);
    expect((await gateway.post(`/exports/${id}/cancel`)).status).toBe(202);
    const done = await create();
    await complete(done);
    expect((await gateway.post(`/exports/${done}/cancel`)).status).toBe(409);
    expect((await gateway.post('/exports/999999/cancel')).status).toBe(404);
  });

  it('pages through exports', async () => {
    const id = await gateway.project();
    const created: number[] = [];
    for (let n = 0; n < 3; n += 1)
      created.push((await gateway.post('/exports', { projectId: id, format: 'csv', content: 'detections' })).body.id);
    const [first, second, third] = created;
    const { body } = await gateway.get(`/exports?projectId=${id}&limit=2`);
    expect(body.items).toMatchObject([{ id: first }, { id: second }]);
    expect((await gateway.get(`/exports?projectId=${id}&limit=2&cursor=${body.nextCursor}`)).body).toMatchObject({
      items: [{ id: third }],
      nextCursor: null,
    });
    expect((await gateway.get(`/exports?projectId=${id}&cursor=x`)).status).toBe(422);
    expect((await gateway.get('/exports')).status).toBe(400);
  });
});
