import { readFile, readdir, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import sharp from 'sharp';
import { RetryableError } from '@pugmark/domain';
import { UploadStorage } from '@pugmark/storage';
import { waitUntil } from '@pugmark/testing';
import { FORM_TYPE, formOf } from '../../testing/form.fixture';
import { NOTHING_STORED, TestGateway, type Answer } from '../../testing/gateway.fixture';
import { paddedTo, tinyJpeg } from '../../testing/test-images.fixture';

const MAX_BYTES = 64 * 1024;
const MAX_TOTAL = 512 * 1024;

describe('POST /uploads', () => {
  let gateway: TestGateway;
  let projectId: number;
  let [first, second, third]: Buffer[] = [];
  beforeAll(async () => {
    [first, second, third] = await Promise.all([1, 2, 3].map(tinyJpeg));
    gateway = await TestGateway.start({
      settings: { uploadMaxBytes: MAX_BYTES, uploadMaxFiles: 3, uploadMaxTotalBytes: MAX_TOTAL, pixelLimit: 2_000 },
    });
    projectId = await gateway.project();
    await gateway.model();
  });
  // Most tests check that nothing is left, so each starts empty.
  afterEach(async () => {
    for (const table of ['tasks', 'ingests', 'runs'] as const) await gateway.db.deleteFrom(table).execute();
    await rm(join(gateway.folder, 'storage'), { recursive: true, force: true });
  });
  afterAll(() => gateway.stop());

  it('stores the files and creates an ingest of them', async () => {
    const deploymentId = await gateway.deployment(projectId);
    const answer = await upload(
      [
        ['IMG_1.JPG', first!],
        ['../../IMG_1.JPG', second!],
        ['Bär im Schnee.jpg', third!],
      ],
      `projectId=${projectId}&deploymentId=${deploymentId}`,
    );
    expect(answer).toMatchObject({ status: 202, body: { state: 'pending', runId: expect.any(Number) } });
    expect(answer.headers.get('location')).toBe(`/api/v1/ingests/${answer.body.id}`);
    const ingest = await gateway.repositories.ingests.find(gateway.db, answer.body.id);
    expect(ingest).toMatchObject({
      source: 'upload',
      mode: 'copy',
      deployment_id: deploymentId,
      run_id: answer.body.runId,
    });
    const folder = ingest?.folder ?? '';
    expect(folder.startsWith(join(gateway.folder, 'storage', 'uploads'))).toBe(true);
    expect(await readFile(join(folder, 'IMG_1.JPG'))).toEqual(first);
    expect(await readFile(join(folder, 'IMG_1-2.JPG'))).toEqual(second);
    expect(await readFile(join(folder, 'Bär im Schnee.jpg'))).toEqual(third);
    expect(await gateway.storedFiles()).toHaveLength(3);
    const task = await gateway.db.selectFrom('tasks').selectAll().where('kind', '=', 'scan').executeTakeFirstOrThrow();
    expect(task).toMatchObject({ subject_id: answer.body.id, state: 'waiting' });
    // Server paths are not disclosed.
    expect((await gateway.get(`/ingests/${answer.body.id}`)).body).toMatchObject({ source: 'upload', folder: null });
  });

  it('accepts a file of exactly the maximum size', async () => {
    expect((await upload([['a.jpg', paddedTo(MAX_BYTES, first!)]])).status).toBe(202);
  });

  it('accepts many small files without holding them all open', async () => {
    const other = await TestGateway.start({ settings: { uploadMaxFiles: 2_000 } });
    const id = await other.project();
    let [open, maxOpen] = [0, 0];
    const begin = UploadStorage.prototype.begin;
    const spy = jest.spyOn(UploadStorage.prototype, 'begin').mockImplementation(async function (this: UploadStorage) {
      const upload = await begin.call(this);
      return {
        ...upload,
        add: (...file) => ((maxOpen = Math.max(maxOpen, ++open)), upload.add(...file).finally(() => (open -= 1))),
      };
    });
    const body = formOf(Array.from({ length: 1_000 }, (_, i) => [`${i}.jpg`, first!]));
    expect(
      (await other.request('POST', `/uploads?projectId=${id}&detect=false`, { body, headers: FORM_TYPE })).status,
    ).toBe(202);
    expect(await other.storedFiles()).toHaveLength(1_000);
    // One chunk of 64 KB, and the files before it.
    expect(maxOpen).toBeLessThan(16 + Math.ceil(65_536 / (body.length / 1_000)) + 1);
    spy.mockRestore();
    await other.stop();
  });

  it('starts no run when detection is not requested', async () => {
    expect((await upload([['a.jpg', first!]], `projectId=${projectId}&detect=false`)).body.runId).toBeNull();
  });

  it.each([
    [
      'a file that is too large',
      () => [
        ['a.jpg', second!],
        ['b.jpg', paddedTo(MAX_BYTES + 1, first!)],
      ],
      413,
      'file_too_large',
    ],
    ['a file that is far too large', () => [['b.jpg', paddedTo(MAX_BYTES * 7, first!)]], 413, 'file_too_large'],
    [
      'files that are too large together',
      () => Array.from({ length: 10 }, (_, i) => [`${i}.jpg`, paddedTo(MAX_BYTES, first!)]),
      413,
      'upload_too_large',
    ],
    ['too many files', () => ['a', 'b', 'c', 'd'].map((name) => [name, first!]), 413, 'too_many_files'],
    ['no file', () => [], 422, 'no_files'],
  ] as [string, () => [string, Buffer][], number, string][])(
    'refuses %s and keeps nothing',
    async (_what, files, status, code) => {
      expect(await upload(files())).toMatchObject({ status, body: { type: `urn:pugmark:problem:${code}` } });
      await expectNothing();
    },
  );

  it('refuses a declared length above the limit before the body is sent', async () => {
    const begin = jest.spyOn(UploadStorage.prototype, 'begin');
    const body = Buffer.alloc(MAX_TOTAL + 1);
    expect(
      (await gateway.request('POST', `/uploads?projectId=${projectId}`, { body, headers: FORM_TYPE })).status,
    ).toBe(413);
    expect(begin).not.toHaveBeenCalled();
    begin.mockRestore();
  });

  it('accepts a truncated image: the rest of it is useful', async () => {
    expect((await upload([['half.jpg', first!.subarray(0, first!.length - 40)]])).status).toBe(202);
  });

  it.each([
    ['a text', () => Buffer.from('a text'), 'not_an_image'],
    ['a GIF', () => Buffer.from('GIF89a and more'), 'unsupported_format'],
    ['nothing', () => Buffer.alloc(0), 'empty_file'],
    [
      'an image of too many pixels',
      async () =>
        sharp({ create: { width: 50, height: 50, channels: 3, background: 'red' } })
          .png()
          .toBuffer(),
      'too_many_pixels',
    ],
    ['an image that is a script too', () => Buffer.concat([first!, Buffer.from('<?php system(1); ?>')]), 'polyglot'],
  ])(
    'checks content, not names: refuses %s, names the file, and keeps nothing of the others',
    async (_what, content, code) => {
      const answer = await upload([
        ['a.jpg', second!],
        ['x/../B?.jpg', await content()],
        ['c.jpg', third!],
      ]);
      expect(answer).toMatchObject({
        status: 422,
        body: {
          type: `urn:pugmark:problem:${code}`,
          detail: expect.stringMatching(/^B_\.jpg: the /),
          errors: [{ field: 'B_.jpg' }],
        },
      });
      await expectNothing();
    },
  );

  it('answers 503 when images cannot be checked, and keeps nothing', async () => {
    const other = await TestGateway.start({
      imageChecker: { check: () => Promise.reject(new RetryableError('busy', 'too many')) },
    });
    const id = await other.project();
    const answer = await other.request('POST', `/uploads?projectId=${id}&detect=false`, {
      body: formOf([
        ['a.jpg', first!],
        ['b.jpg', second!],
      ]),
      headers: FORM_TYPE,
    });
    expect(answer).toMatchObject({ status: 503, body: { type: 'urn:pugmark:problem:busy' } });
    expect(await other.storedCounts()).toEqual(NOTHING_STORED);
    await other.stop();
  });

  it('refuses a field that is not a file', async () => {
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
    const answer = await gateway.request('POST', `/uploads?projectId=${projectId}`, {
      body: 'x',
      headers: { 'content-type': type },
    });
    expect(answer.status).toBe(status);
    await expectNothing();
  });

  it.each([
    '--b\r\nContent-Disposition: form-data; name="a"; filename="a.jpg"\r\n\r\nhalf a file',
    '--b\r\nContent-Disposition form-data\r\n\r\n',
    'nothing of a form',
  ])('refuses the malformed form %j and keeps nothing', async (body) => {
    const answer = await gateway.request('POST', `/uploads?projectId=${projectId}`, { body, headers: FORM_TYPE });
    expect(answer).toMatchObject({ status: 400, body: { type: 'urn:pugmark:problem:bad_form' } });
    await expectNothing();
  });

  it.each([
    ['', 400],
    ['projectId=abc', 400],
    ['projectId=999999', 422],
    ['projectId=1&colour=red', 400],
  ])('refuses the query %j', async (query, status) => {
    expect((await upload([['a.jpg', first!]], query)).status).toBe(status);
    await expectNothing();
  });

  it('requires a registered model before it reads anything', async () => {
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
      headers: {
        authorization: `Bearer ${gateway.adminKey}`,
        'content-type': 'multipart/form-data; boundary=b',
        'transfer-encoding': 'chunked',
      },
    });
    request.on('error', () => undefined);
    request.write(formOf([['whole.jpg', first!]]).subarray(0, -'--b--\r\n'.length));
    request.write('--b\r\nContent-Disposition: form-data; name="a"; filename="half.jpg"\r\n\r\nhalf of it');
    await waitUntil('both files to be begun', async () => (await gateway.storedFiles()).length === 2);
    request.destroy();
    await waitUntil('the files to be removed', async () => (await gateway.storedFiles()).length === 0);
    await expectNothing();
  });

  it('keeps nothing when its client disconnects before the form is read', async () => {
    const request = httpRequest(`${gateway.url}/uploads?projectId=${projectId}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.adminKey}`, ...FORM_TYPE },
    });
    request.on('error', () => undefined);
    const begin = UploadStorage.prototype.begin;
    let begun = false;
    const spy = jest.spyOn(UploadStorage.prototype, 'begin').mockImplementationOnce(async function (
      this: UploadStorage,
    ) {
      request.destroy();
      await waitUntil(
        'the gateway to notice',
        async () => (await gateway.repositories.audit.page(gateway.db, {}, null, 1))[0]?.status === 499,
      );
      const upload = await begin.call(this);
      begun = true;
      return upload;
    });
    request.write(formOf([['whole.jpg', first!]]).subarray(0, -'--b--\r\n'.length));
    await waitUntil(
      'the upload to be removed',
      async () => begun && (await readdir(join(gateway.folder, 'storage', 'tmp'))).length === 0,
      5_000,
    );
    spy.mockRestore();
    await expectNothing();
  });

  it('keeps the idle connection open while the images are checked', async () => {
    const check = async () => new Promise<'jpeg'>((resolve) => setTimeout(() => resolve('jpeg'), 1_500));
    const slow = await TestGateway.start({ http: { idleTimeoutMs: 500 }, imageChecker: { check } });
    const id = await slow.project();
    const init = { body: formOf([['a.jpg', first!]]), headers: FORM_TYPE };
    expect((await slow.request('POST', `/uploads?projectId=${id}&detect=false`, init)).status).toBe(202);
    await slow.stop();
  });

  it('keeps nothing when the ingest cannot be created', async () => {
    jest.spyOn(gateway.repositories.ingests, 'create').mockRejectedValueOnce(new Error('refused'));
    expect((await upload([['a.jpg', first!]])).status).toBe(500);
    await expectNothing();
  });

  it('keeps the files when the database became unreachable, since the commit may have succeeded', async () => {
    const create = jest
      .spyOn(gateway.repositories.ingests, 'create')
      .mockRejectedValue(new Error('Connection terminated unexpectedly'));
    expect((await upload([['a.jpg', first!]])).status).toBe(503);
    create.mockRestore();
    expect(await gateway.storedFiles()).toHaveLength(1);
  });

  function upload(
    files: readonly (readonly [name: string, content: Uint8Array])[],
    query = `projectId=${projectId}`,
  ): Promise<Answer> {
    return gateway.request('POST', `/uploads?${query}`, { body: formOf(files), headers: FORM_TYPE });
  }

  async function expectNothing(): Promise<void> {
    expect(await gateway.storedCounts()).toEqual(NOTHING_STORED);
  }
});
