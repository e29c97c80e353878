import { request as httpRequest } from 'node:http';
import { TestGateway, type Answer } from '../testing/gateway.fixture';
import { tinyJpeg } from '../testing/test-images.fixture';
import { zipOf } from '../testing/zip.fixture';

/** A gateway whose queues hold two of each kind. */
describe('full queues', () => {
  let gateway: TestGateway;
  let projectId: number;
  beforeAll(async () => {
    gateway = await TestGateway.start({ settings: { maxWaitingScans: 2, maxWaitingExports: 2, maxOpenRuns: 2 } });
    await gateway.model();
  });
  beforeEach(async () => {
    await gateway.db.updateTable('tasks').set({ state: 'done', finished_at: new Date() }).execute();
    projectId = await gateway.project();
    const { ingestId } = await gateway.images(projectId, ['a.jpg']);
    await gateway.finish('scan', [ingestId]);
  });
  afterAll(() => gateway.stop());

  const once = (key: string): Record<string, string> => ({ 'idempotency-key': key });
  const asks = {
    ingest: (headers = {}) =>
      gateway.post('/ingests', { projectId, folder: `${gateway.folder}/cards`, detect: false }, headers),
    upload: async (headers = {}) => {
      const form = new FormData();
      form.set('files', new Blob([new Uint8Array(await tinyJpeg(1))]), 'a.jpg');
      return gateway.request('POST', `/uploads?projectId=${projectId}&detect=false`, { body: form, headers });
    },
    zip: async (headers = {}) =>
      gateway.request('POST', `/uploads/zip?projectId=${projectId}&detect=false`, {
        body: zipOf([{ name: 'a.jpg', content: await tinyJpeg(1) }]),
        headers: { 'content-type': 'application/zip', ...headers },
      }),
    run: (headers = {}) => gateway.post('/runs', { projectId }, headers),
    export: (headers = {}) => gateway.post('/exports', { projectId, format: 'csv', content: 'detections' }, headers),
  };
  const KINDS = [
    ['ingest', 'scan', '2 ingests wait to be scanned, the maximum (setting MAX_WAITING_SCANS): try again later'],
    ['upload', 'scan', '2 ingests wait to be scanned, the maximum (setting MAX_WAITING_SCANS): try again later'],
    ['zip', 'scan', '2 ingests wait to be scanned, the maximum (setting MAX_WAITING_SCANS): try again later'],
    ['run', 'detect', '2 runs are unfinished, the maximum (setting MAX_OPEN_RUNS): try again later'],
    ['export', 'export', '2 exports wait to be made, the maximum (setting MAX_WAITING_EXPORTS): try again later'],
  ] as const;

  it.each(KINDS)(
    'refuse one %s too many, with the reason and Retry-After, and create nothing',
    async (what, kind, detail) => {
      expect((await asks[what]()).status).toBe(202);
      expect((await asks[what]()).status).toBe(202);
      const before = await counted();
      const answer = await asks[what]();
      expect(answer).toMatchObject({ status: 503, body: { type: 'urn:pugmark:problem:queue_full', detail } });
      expect(answer.headers.get('retry-after')).toBe('30');
      expect(await counted()).toEqual(before);
      // Running work no longer waits; a run counts until it has ended.
      const task = await gateway.db
        .selectFrom('tasks')
        .select('subject_id')
        .where('kind', '=', kind)
        .where('state', '=', 'waiting')
        .executeTakeFirstOrThrow();
      if (kind === 'detect')
        await gateway.db
          .updateTable('tasks')
          .set({ state: 'done', finished_at: new Date() })
          .where('kind', '=', kind)
          .execute();
      else await gateway.claim(kind, [task.subject_id]);
      expect((await asks[what]()).status).toBe(202);
    },
  );

  it.each(KINDS)('answer a repeated %s as before, by its Idempotency-Key', async (what) => {
    const first = await asks[what](once(`${what}-1`));
    await asks[what]();
    expect(await asks[what](once(`${what}-1`))).toMatchObject({ status: 202, body: first.body });
    expect((await asks[what](once(`${what}-2`))).status).toBe(503);
  });

  it('count only their own kind', async () => {
    for (let n = 0; n < 3; n += 1) await asks.export();
    expect((await asks.ingest()).status).toBe(202);
    expect((await asks.run()).status).toBe(202);
  });

  it('count the run of an ingest that has not read an image yet', async () => {
    for (let n = 0; n < 2; n += 1) await gateway.post('/ingests', { projectId, folder: `${gateway.folder}/cards` });
    await gateway.db
      .updateTable('tasks')
      .set({ state: 'queued', queued_at: new Date() })
      .where('state', '=', 'waiting')
      .execute();
    expect((await asks.run()).status).toBe(503);
    await gateway.db.updateTable('tasks').set({ state: 'done', finished_at: new Date() }).execute();
    expect((await asks.run()).status).toBe(202);
  });

  it('refuse an upload before its body has arrived', async () => {
    for (let n = 0; n < 2; n += 1) await asks.ingest();
    const answer = await new Promise<Pick<Answer, 'status'>>((resolve, reject) => {
      const upload = httpRequest(`${gateway.url}/uploads?projectId=${projectId}`, {
        method: 'POST',
        agent: false,
        headers: {
          authorization: `Bearer ${gateway.adminKey}`,
          'content-type': 'multipart/form-data; boundary=x',
          'content-length': 1_000_000_000,
        },
      });
      upload.on('response', ({ statusCode = 0 }) => {
        resolve({ status: statusCode });
        upload.destroy();
      });
      upload.on('error', reject);
      // The rest is never sent.
      upload.write('--x\r\n');
    });
    expect(answer.status).toBe(503);
  });

  async function counted(): Promise<unknown> {
    const tables = ['ingests', 'runs', 'exports', 'tasks'] as const;
    const rows = await Promise.all(tables.map((table) => gateway.db.selectFrom(table).select('id').execute()));
    return [rows.map(({ length }) => length), await gateway.storedFiles()];
  }
});
