import { createHash, randomBytes } from 'node:crypto';
import { TestGateway } from '../../testing/gateway.fixture';

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('POST /images/missing', () => {
  let gateway: TestGateway;
  let projectId: number;
  let existing: string[];
  beforeAll(async () => {
    gateway = await TestGateway.start();
    projectId = await gateway.project();
    const { ids } = await gateway.images(projectId, ['a.jpg', 'b.jpg']);
    existing = (await gateway.db.selectFrom('images').select('sha256').where('id', 'in', ids).execute()).map(
      ({ sha256 }) => sha256.toString('hex'),
    );
  });
  afterAll(() => gateway.stop());

  it('returns the digests that the project does not have, in request order, without duplicates', async () => {
    const sha256 = [hash('z'), existing[0]!, hash('a'), hash('z'), existing[1]!];
    expect(await gateway.post('/images/missing', { projectId, sha256 })).toMatchObject({
      status: 200,
      body: { missing: [hash('z'), hash('a')] },
    });
    expect((await gateway.post('/images/missing', { projectId, sha256: existing })).body).toEqual({ missing: [] });
  });

  it('ignores other projects', async () => {
    const other = await gateway.project();
    expect((await gateway.post('/images/missing', { projectId: other, sha256: existing })).body).toEqual({
      missing: existing,
    });
  });

  it('accepts a thousand at once', async () => {
    const sha256 = Array.from({ length: 1_000 }, () => randomBytes(32).toString('hex'));
    expect((await gateway.post('/images/missing', { projectId, sha256 })).body.missing).toEqual(sha256);
    expect((await gateway.post('/images/missing', { projectId, sha256: [...sha256, hash('a')] })).status).toBe(400);
  });

  it.each([
    [{ sha256: [] }, 400],
    [{ sha256: hash('a') }, 400],
    [{ sha256: [hash('a').slice(1)] }, 400],
    [{ sha256: [hash('a').toUpperCase()] }, 400],
    [{ sha256: ['\\x00'] }, 400],
    [{ sha256: [null] }, 400],
    [{ sha256: { length: 1 } }, 400],
    [{}, 400],
    [{ sha256: [hash('a')], projectId: 999_999 }, 422],
    [{ sha256: [hash('a')], projectId: null }, 400],
  ])('refuses %j', async (body, status) => {
    expect((await gateway.post('/images/missing', { projectId, ...body })).status).toBe(status);
  });

  it('requires the upload scope, and the project of the key', async () => {
    const ask = async (key: string) =>
      (await gateway.post('/images/missing', { projectId, sha256: existing }, { authorization: `Bearer ${key}` }))
        .status;
    expect(await ask(await gateway.key(['read']))).toBe(403);
    expect(await ask(await gateway.key(['ingest'], { projectIds: [projectId] }))).toBe(200);
    expect(await ask(await gateway.key(['ingest'], { projectIds: [await gateway.project()] }))).toBe(403);
  });

  it('is not recorded in the audit log: it changes nothing', async () => {
    await gateway.post('/projects', { name: 'shows that the log works' });
    const rows = await gateway.db.selectFrom('audit_log').select('operation').execute();
    expect(rows.map(({ operation }) => operation)).toContain('createProject');
    expect(rows.map(({ operation }) => operation)).not.toContain('findMissingImages');
  });
});
