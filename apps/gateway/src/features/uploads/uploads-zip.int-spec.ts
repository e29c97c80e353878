import { readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { RetryableError } from '@pugmark/domain';
import { waitUntil } from '@pugmark/testing';
import { TestGateway, type Answer } from '../../testing/gateway.fixture';
import { paddedTo, tinyJpeg } from '../../testing/test-images.fixture';
import { zipOf, type TestEntry } from '../../testing/zip.fixture';

describe('POST /uploads/zip', () => {
  let gateway: TestGateway;
  let projectId: number;
  let [first, second, third]: Buffer[] = [];
  beforeAll(async () => {
    [first, second, third] = await Promise.all([1, 2, 3].map(tinyJpeg));
    gateway = await TestGateway.start({ settings: { uploadMaxFiles: 5 } });
    projectId = await gateway.project();
    await gateway.model();
  });
  afterAll(() => gateway.stop());

  function upload(entries: readonly TestEntry[], headers: Record<string, string> = {}, query = ''): Promise<Answer> {
    return gateway.request('POST', `/uploads/zip?projectId=${projectId}${query}`, {
      body: zipOf(entries),
      headers: { 'content-type': 'application/zip', ...headers },
    });
  }

  it('stores the images with their folders and creates an ingest of them', async () => {
    const deploymentId = await gateway.deployment(projectId);
    const answer = await upload(
      [
        { name: 'DCIM/', mode: 0o40755 },
        { name: 'DCIM/100RECNX/IMG_0001.JPG', content: first!, stored: true, mode: 0o100644 },
        { name: 'DCIM/101RECNX/IMG_0001.JPG', content: second! },
        { name: './dcim/101recnx/img_0001.jpg', content: third! },
        { name: '__MACOSX/DCIM/100RECNX/._IMG_0001.JPG', content: 'a helper file' },
        { name: 'DCIM/.DS_Store', content: 'order' },
        { name: 'DCIM/100RECNX/Thumbs.db', content: 'order' },
      ],
      {},
      `&deploymentId=${deploymentId}`,
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
    const stored = (await gateway.storedFiles()).map((file) => file.split('/').slice(2).join('/')).sort();
    expect(stored).toEqual([
      'DCIM/100RECNX/IMG_0001.JPG',
      'DCIM/101RECNX/IMG_0001.JPG',
      'DCIM/101RECNX/img_0001-2.jpg',
    ]);
    expect(await readFile(join(ingest!.folder, 'DCIM/100RECNX/IMG_0001.JPG'))).toEqual(first);
    expect(await readFile(join(ingest!.folder, 'DCIM/101RECNX/img_0001-2.jpg'))).toEqual(third);
  });

  it.each([
    ['UTF-8 without the flag', Buffer.from('Bär/Wölfe im März.jpg'), 0, 'Bär/Wölfe im März.jpg'],
    ['the DOS code page', Buffer.from([0x42, 0x84, 0x72, 0x2e, 0x6a, 0x70, 0x67]), 0, 'Bär.jpg'],
    ['characters that file names must not have', Buffer.from('Nr: 5/what?*.jpg'), 0x800, 'Nr_ 5/what__.jpg'],
  ])('decodes names in %s', async (_what, name, flags, expected) => {
    const answer = await upload([{ name, flags, content: first! }]);
    const ingest = await gateway.repositories.ingests.find(gateway.db, answer.body.id);
    expect(await readFile(join(ingest!.folder, expected))).toEqual(first);
  });

  it('creates one ingest of an archive that is sent twice under one key, and refuses other content under it', async () => {
    const before = await gateway.storedCounts();
    const key = { 'idempotency-key': 'card-7' };
    const answers = [
      await upload([{ name: 'a.jpg', content: first! }], key),
      await upload([{ name: 'a.jpg', content: first!, stored: true }], key),
    ];
    expect(answers[1]).toMatchObject({ status: 202, body: answers[0]!.body });
    expect(await upload([{ name: 'a.jpg', content: second! }], key)).toMatchObject({
      status: 422,
      body: { type: 'urn:pugmark:problem:idempotency_key_reused' },
    });
    expect(await gateway.storedCounts()).toEqual({
      ...before,
      files: before['files']! + 1,
      ingests: before['ingests']! + 1,
      runs: before['runs']! + 1,
      tasks: before['tasks']! + 1,
    });
  });

  it('keeps the idle connection open while it unpacks', async () => {
    const check = async () => new Promise<'jpeg'>((resolve) => setTimeout(() => resolve('jpeg'), 1_500));
    const slow = await TestGateway.start({ http: { idleTimeoutMs: 500 }, imageChecker: { check } });
    const id = await slow.project();
    const init = { body: zipOf([{ name: 'a.jpg', content: first! }]), headers: { 'content-type': 'application/zip' } };
    expect((await slow.request('POST', `/uploads/zip?projectId=${id}&detect=false`, init)).status).toBe(202);
    await slow.stop();
  });

  describe('with invalid content', () => {
    let before: Readonly<Record<string, number>>;
    beforeEach(async () => {
      before = await gateway.storedCounts();
    });
    // Each is refused after a valid image: nothing of that may be left either.
    afterEach(async () => expect(await gateway.storedCounts()).toEqual(before));

    it.each([
      ['not an image', () => ({ name: 'notes/a.txt', content: 'a text' }), 'not_an_image'],
      ['an empty file', () => ({ name: 'a.jpg' }), 'empty_file'],
      [
        'another archive',
        () => ({ name: 'a.zip', content: zipOf([{ name: 'b.jpg', content: first! }]) }),
        'not_an_image',
      ],
      [
        'an image that is an archive too',
        () => ({ name: 'a.jpg', content: Buffer.concat([first!, zipOf([{ name: 'b.jpg', content: second! }])]) }),
        'polyglot',
      ],
      [
        'an SVG drawing',
        () => ({ name: 'a.jpg', content: '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>' }),
        'unsupported_format',
      ],
    ] as [string, () => TestEntry, string][])(
      'names the file that is %s, and keeps nothing',
      async (_what, bad, code) => {
        const answer = await upload([{ name: 'DCIM/fine.jpg', content: first! }, bad()]);
        expect(answer).toMatchObject({
          status: 422,
          body: { type: `urn:pugmark:problem:${code}`, errors: [{ field: bad().name }] },
        });
      },
    );

    it.each([
      [
        'a file that is too large',
        () => [{ name: 'a.jpg', content: paddedTo(64 * 1024 + 1, first!), stored: true }],
        413,
        'file_too_large',
      ],
      [
        'too many files',
        () => Array.from({ length: 6 }, (_, i) => ({ name: `${i}.jpg`, content: first! })),
        413,
        'too_many_files',
      ],
      [
        'only folders and helper files',
        () => [{ name: 'DCIM/' }, { name: '__MACOSX/._a', content: 'x' }],
        422,
        'no_files',
      ],
      ['nothing at all', () => [], 422, 'no_files'],
    ] as [string, () => TestEntry[], number, string][])('refuses %s', async (_what, entries, status, code) => {
      expect(await upload(entries())).toMatchObject({ status, body: { type: `urn:pugmark:problem:${code}` } });
    });

    it.each(['text/plain', 'multipart/form-data; boundary=b', 'application/x-zip'])(
      'refuses a body of type %s',
      async (type) => {
        expect((await upload([{ name: 'a.jpg', content: first! }], { 'content-type': type })).status).toBe(415);
      },
    );

    it('refuses an upload that does not fit on the disk', async () => {
      const spy = jest
        .spyOn(gateway.repositories.ingests, 'create')
        .mockRejectedValueOnce(new RetryableError('disk_full', 'the disk is full'));
      expect((await upload([{ name: 'a.jpg', content: first! }])).status).toBe(507);
      expect(spy).toHaveBeenCalled();
    });

    it('checks the project before it reads anything', async () => {
      const answer = await gateway.request('POST', '/uploads/zip?projectId=999', {
        body: zipOf([{ name: 'a.jpg', content: first! }]),
        headers: { 'content-type': 'application/zip' },
      });
      expect(answer).toMatchObject({ status: 422, body: { type: 'urn:pugmark:problem:project_missing' } });
    });

    it('keeps nothing of an archive that was cut off', async () => {
      const request = httpRequest(`${gateway.url}/uploads/zip?projectId=${projectId}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${gateway.adminKey}`,
          'content-type': 'application/zip',
          'transfer-encoding': 'chunked',
        },
      });
      request.on('error', () => undefined);
      request.write(zipOf([{ name: 'a.jpg', content: first! }]).subarray(0, -30));
      await waitUntil(
        'the archive to be begun',
        async () => (await gateway.storedCounts())['files'] === before['files']! + 1,
      );
      request.destroy();
      await waitUntil('it to be removed', async () => (await gateway.storedCounts())['files'] === before['files']);
    });
  });
});
