import { TestGateway } from '../../testing/gateway.fixture';
import { tinyJpeg } from '../../testing/test-images.fixture';

describe('Idempotency-Key', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await TestGateway.start();
    await gateway.model();
  });
  afterAll(() => gateway.stop());

  it('creates one resource for two requests and answers both alike', async () => {
    const first = await gateway.post('/projects', { name: 'Wild cats' }, key('cats'));
    const second = await gateway.post('/projects', { name: 'Wild cats' }, key('cats'));
    expect(first.status).toBe(201);
    expect(second).toMatchObject({ status: 201, body: first.body });
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
  });

  it('without a key creates two resources for two requests', async () => {
    await gateway.post('/projects', { name: 'Lynx' });
    expect((await gateway.post('/projects', { name: 'Lynx' })).status).toBe(409);
  });

  it('blocks a concurrent second request until the first is done', async () => {
    const projectId = await gateway.project();
    const { ids } = await gateway.images(projectId, ['a.jpg']);
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => gateway.post('/runs', { projectId }, key('run at once'))),
    );
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(
      await gateway.db
        .selectFrom('tasks')
        .select('id')
        .where('kind', '=', 'detect')
        .where('subject_id', 'in', ids)
        .execute(),
    ).toHaveLength(1);
  });

  it('refuses a known key with other content or at another path', async () => {
    const projectId = await gateway.project();
    const body = { projectId, format: 'csv', content: 'detections' };
    expect((await gateway.post('/exports', body, key('export'))).status).toBe(202);
    const others = [
      await gateway.post('/exports', { ...body, filter: { category: 'animal' } }, key('export')),
      await gateway.post('/projects', { name: 'Owls' }, key('export')),
    ];
    for (const answer of others)
      expect(answer).toMatchObject({ status: 422, body: { type: 'urn:pugmark:problem:idempotency_key_reused' } });
  });

  it('releases the key of a failed request', async () => {
    const projectId = await gateway.project();
    expect((await gateway.post('/runs', { projectId }, key('too early'))).status).toBe(422);
    await gateway.images(projectId, ['b.jpg']);
    expect((await gateway.post('/runs', { projectId }, key('too early'))).status).toBe(202);
  });

  it.each(['', 'x'.repeat(201), 'two words', 'Bär'])('refuses the key %j', async (bad) => {
    const headers = { 'idempotency-key': Buffer.from(bad).toString('latin1') };
    expect(await gateway.post('/projects', { name: 'bad key' }, headers)).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'Idempotency-Key' }] },
    });
  });

  it('stores the files of an upload once', async () => {
    const projectId = await gateway.project();
    const answers = [await upload(projectId, 'a.jpg', 1), await upload(projectId, 'a.jpg', 1)];
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    expect(answers[1]!.body).toEqual(answers[0]!.body);
    expect(await gateway.storedFiles()).toHaveLength(1);
    expect((await upload(projectId, 'b.jpg', 1)).status).toBe(422);
    expect((await upload(projectId, 'a.jpg', 2)).status).toBe(422);
    expect(await gateway.storedFiles()).toHaveLength(1);
  });

  it('expires keys', async () => {
    await gateway.post('/projects', { name: 'Otters' }, key('otters'));
    expect(await gateway.repositories.idempotency.deleteOlderThan(gateway.db, 3_600)).toBe(0);
    expect(await gateway.repositories.idempotency.deleteOlderThan(gateway.db, -1)).toBeGreaterThan(0);
    expect((await gateway.post('/projects', { name: 'Otters' }, key('otters'))).status).toBe(409);
  });

  async function upload(projectId: number, name: string, image: number) {
    const form = new FormData();
    form.append('files', new Blob([new Uint8Array(await tinyJpeg(image))]), name);
    return gateway.request('POST', `/uploads?projectId=${projectId}`, { body: form, headers: key('an upload') });
  }
});

function key(text: string): Record<string, string> {
  return { 'idempotency-key': text.replaceAll(' ', '-') };
}
