import { readFile, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { waitUntil } from '@pugmark/testing';
import { TestGateway, type Answer } from '../testing/gateway.fixture';

const MAX_BYTES = 64 * 1024;

describe('POST /uploads', () => {
  let gateway: TestGateway;
  let projectId: number;
  beforeAll(async () => {
    gateway = await TestGateway.start({ settings: { uploadMaxBytes: MAX_BYTES, uploadMaxFiles: 3 } });
    projectId = await gateway.project();
    await gateway.model();
  });
  // Most tests say that nothing is left: each begins with nothing.
  afterEach(async () => {
    for (const table of ['tasks', 'ingests', 'runs'] as const) await gateway.db.deleteFrom(table).execute();
    await rm(join(gateway.folder, 'storage'), { recursive: true, force: true });
  });
  afterAll(() => gateway.stop());

  it('keeps the files and creates an ingest of them', async () => {
    const deploymentId = await gateway.deployment(projectId);
    const answer = await upload([['IMG_1.JPG', 'first'], ['../../IMG_1.JPG', 'second'], ['Bär im Schnee.jpg', 'third']], `projectId=${projectId}&deploymentId=${deploymentId}`);
    expect(answer).toMatchObject({ status: 202, body: { state: 'pending', runId: expect.any(Number) } });
    expect(answer.headers.get('location')).toBe(`/api/v1/ingests/${answer.body.id}`);
    const ingest = await gateway.stores.ingests.find(gateway.db, answer.body.id);
    expect(ingest).toMatchObject({ source: 'upload', mode: 'copy', deployment_id: deploymentId, run_id: answer.body.runId });
    const folder = ingest?.folder ?? '';
    expect(folder.startsWith(join(gateway.folder, 'storage', 'uploads'))).toBe(true);
    expect(await readFile(join(folder, 'IMG_1.JPG'), 'utf8')).toBe('first');
    expect(await readFile(join(folder, 'IMG_1-2.JPG'), 'utf8')).toBe('second');
    expect(await readFile(join(folder, 'Bär im Schnee.jpg'), 'utf8')).toBe('third');
    expect(await gateway.storedFiles()).toHaveLength(3);
    const task = await gateway.db.selectFrom('tasks').selectAll().where('kind', '=', 'scan').executeTakeFirstOrThrow();
    expect(task).toMatchObject({ subject_id: answer.body.id, state: 'waiting' });
    // Where the server keeps it is nobody's business.
    expect((await gateway.get(`/ingests/${answer.body.id}`)).body).toMatchObject({ source: 'upload', folder: null });
  });

  it('takes a file of exactly the largest size', async () => {
    expect((await upload([['a.jpg', 'x'.repeat(MAX_BYTES)]])).status).toBe(202);
  });

  it('starts no run when nothing is to be detected', async () => {
    expect((await upload([['a.jpg', 'x']], `projectId=${projectId}&detect=false`)).body.runId).toBeNull();
  });

  it.each([
    ['a file that is too large', [['a.jpg', 'x'], ['b.jpg', 'x'.repeat(MAX_BYTES + 1)]], 413, 'file_too_large'],
    ['a file that is far too large', [['b.jpg', 'x'.repeat(MAX_BYTES * 100)]], 413, 'file_too_large'],
    ['too many files', [['a', 'x'], ['b', 'x'], ['c', 'x'], ['d', 'x']], 413, 'too_many_files'],
    ['no file', [], 422, 'no_files'],
  ])('refuses %s and keeps nothing', async (_what, files, status, code) => {
    const answer = await upload(files as [string, string][]);
    expect(answer).toMatchObject({ status, body: { type: `urn:pugmark:problem:${code}` } });
    await expectNothing();
  });

  it('refuses a field that is no file', async () => {
    const form = new FormData();
    form.append('a', new Blob(['x']), 'a.jpg');
    form.append('projectId', '1');
    const answer = await gateway.request('POST', `/uploads?projectId=${projectId}`, { body: form });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: 'form' }] } });
    await expectNothing();
  });

  it.each([
    ['application/json', 415],
    ['multipart/form-data', 415],
    ['multipart/form-data; charset=utf-8', 400],
  ])('refuses a body of type %j', async (type, status) => {
    const answer = await gateway.request('POST', `/uploads?projectId=${projectId}`, { body: 'x', headers: { 'content-type': type } });
    expect(answer.status).toBe(status);
    await expectNothing();
  });

  it.each([
    ['--b\r\nContent-Disposition: form-data; name="a"; filename="a.jpg"\r\n\r\nhalf a file', 'cut off'],
    ['--b\r\nContent-Disposition form-data\r\n\r\n', 'no form'],
    ['nothing of a form', 'no form'],
  ])('refuses the malformed form %j and keeps nothing', async (body) => {
    const answer = await gateway.request('POST', `/uploads?projectId=${projectId}`, { body, headers: { 'content-type': 'multipart/form-data; boundary=b' } });
    expect([400, 422]).toContain(answer.status);
    await expectNothing();
  });

  it.each([
    ['', 400],
    ['projectId=abc', 400],
    ['projectId=999999', 422],
    ['projectId=1&colour=red', 400],
  ])('refuses the query %j', async (query, status) => {
    expect((await upload([['a.jpg', 'x']], query)).status).toBe(status);
    await expectNothing();
  });

  it('asks for a model to be there before it takes anything', async () => {
    const other = await TestGateway.start();
    const id = await other.project();
    const form = new FormData();
    form.append('a', new Blob(['x']), 'a.jpg');
    expect((await other.request('POST', `/uploads?projectId=${id}`, { body: form })).status).toBe(503);
    expect(await other.storedFiles()).toEqual([]);
    await other.stop();
  });

  it('keeps nothing of an upload that was cut off', async () => {
    const request = httpRequest(`${gateway.url}/uploads?projectId=${projectId}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.adminKey}`, 'content-type': 'multipart/form-data; boundary=b', 'transfer-encoding': 'chunked' },
    });
    request.on('error', () => undefined);
    request.write('--b\r\nContent-Disposition: form-data; name="a"; filename="whole.jpg"\r\n\r\nwhole\r\n');
    request.write('--b\r\nContent-Disposition: form-data; name="a"; filename="half.jpg"\r\n\r\nhalf of it');
    await waitUntil('both files to be begun', async () => (await gateway.storedFiles()).length === 2);
    request.destroy();
    await waitUntil('the files to be gone', async () => (await gateway.storedFiles()).length === 0);
    await expectNothing();
  });

  it('keeps nothing when the ingest cannot be created', async () => {
    jest.spyOn(gateway.stores.ingests, 'create').mockRejectedValueOnce(new Error('refused'));
    expect((await upload([['a.jpg', 'x']])).status).toBe(500);
    await expectNothing();
  });

  it('keeps the files when the database went away, because the commit may have counted', async () => {
    jest.spyOn(gateway.stores.ingests, 'create').mockRejectedValueOnce(new Error('Connection terminated unexpectedly'));
    expect((await upload([['a.jpg', 'x']])).status).toBe(503);
    expect(await gateway.storedFiles()).toHaveLength(1);
  });

  function upload(files: readonly (readonly [name: string, content: string])[], query = `projectId=${projectId}`): Promise<Answer> {
    // By hand: FormData would tidy the names that are to be tested.
    const parts = files.map(([name, content]) => `--b\r\nContent-Disposition: form-data; name="files"; filename="${name}"\r\nContent-Type: image/jpeg\r\n\r\n${content}\r\n`);
    return gateway.request('POST', `/uploads?${query}`, {
      body: `${parts.join('')}--b--\r\n`,
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
    });
  }

  async function expectNothing(): Promise<void> {
    expect(await gateway.storedFiles()).toEqual([]);
    for (const table of ['ingests', 'runs', 'tasks'] as const) expect(await gateway.db.selectFrom(table).select('id').execute()).toEqual([]);
  }
});
