import { connect } from 'node:net';
import { FORM_TYPE, formOf } from '../../testing/form.fixture';
import { NOTHING_STORED, TestGateway } from '../../testing/gateway.fixture';
import { tinyJpeg } from '../../testing/test-images.fixture';

describe('a hostile form', () => {
  let gateway: TestGateway;
  let projectId: number;
  let image: Buffer;
  beforeAll(async () => {
    image = await tinyJpeg(7);
    gateway = await TestGateway.start({ settings: { uploadMaxFiles: 5, uploadMaxTotalBytes: 2 * 1024 ** 2 } });
    projectId = await gateway.project();
    await gateway.model();
  });
  afterAll(() => gateway.stop());

  const upload = (body: Buffer) =>
    gateway.request('POST', `/uploads?projectId=${projectId}`, { body, headers: FORM_TYPE });
  const part = (headers: string, content: Buffer | string): Buffer =>
    Buffer.concat([Buffer.from(`--b\r\n${headers}\r\n\r\n`), Buffer.from(content), Buffer.from('\r\n')]);
  const END = Buffer.from('--b--\r\n');

  describe('is refused, and nothing of it is kept:', () => {
    afterEach(async () => expect(await gateway.storedCounts()).toEqual(NOTHING_STORED));

    it.each([
      ['an endless preamble', () => Buffer.alloc(1_000_000, 'x\r\n'), 400, 'bad_form'],
      [
        'a long preamble before an image',
        () => Buffer.concat([Buffer.alloc(1_000_000, 'x'), Buffer.from('\r\n'), formOf([['a.jpg', image]])]),
        400,
        'bad_form',
      ],
      [
        'an endless epilogue',
        () => Buffer.concat([formOf([['a.jpg', image]]), Buffer.alloc(2 * 1024 ** 2, 'x')]),
        413,
        'upload_too_large',
      ],
      [
        'ten thousand empty parts',
        () => Buffer.concat([...Array.from({ length: 10_000 }, () => part('X-Nothing: 1', '')), END]),
        413,
        'too_many_files',
      ],
      [
        'ten thousand empty parts after an image',
        () =>
          Buffer.concat([
            formOf([['a.jpg', image]]).subarray(0, -END.length),
            ...Array.from({ length: 10_000 }, () => part('X-Nothing: 1', '')),
            END,
          ]),
        413,
        'too_many_files',
      ],
      ['ten thousand files', () => formOf(Array.from({ length: 10_000 }, () => ['a.jpg', ''])), 413, 'too_many_files'],
      [
        'ten thousand fields',
        () =>
          Buffer.concat([
            ...Array.from({ length: 10_000 }, (_, i) => part(`Content-Disposition: form-data; name="f${i}"`, 'x')),
            END,
          ]),
        400,
        'bad_request',
      ],
      [
        'a part with a thousand headers',
        () =>
          Buffer.concat([
            part(
              `${'X-Long: 0123456789abcdef\r\n'.repeat(1_000)}Content-Disposition: form-data; name="a"; filename="a.jpg"`,
              image,
            ),
            END,
          ]),
        400,
        'bad_form',
      ],
      [
        'an unterminated header',
        () => Buffer.from(`--b\r\nContent-Disposition: form-data; name="${'x'.repeat(100_000)}`),
        400,
        'bad_form',
      ],
      ['a name with a line break', () => formOf([['a\r\nX-Evil: 1\r\n.jpg', image]]), 400, 'bad_form'],
      ['a name with NUL', () => formOf([['a\0.jpg', image]]), 400, 'bad_form'],
      ['no end', () => formOf([['a.jpg', image]]).subarray(0, -END.length), 400, 'bad_form'],
    ] as [string, () => Buffer, number, string][])('%s', async (_what, body, status, code) => {
      expect(await upload(body())).toMatchObject({ status, body: { type: `urn:pugmark:problem:${code}` } });
    });

    it('an endless one', async () => {
      const socket = connect(gateway.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(
        `POST /api/v1/uploads?projectId=${projectId} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${gateway.adminKey}\r\nContent-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n`,
      );
      const begin = formOf([['a.jpg', image]]).subarray(0, -END.length - 2);
      socket.write(`${begin.length.toString(16)}\r\n`);
      socket.write(Buffer.concat([begin, Buffer.from('\r\n')]));
      let answer = '';
      const answered = new Promise<void>((resolve) =>
        socket.on('data', (chunk) => {
          answer += String(chunk);
          resolve();
        }),
      );
      const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000, 'x'), Buffer.from('\r\n')]);
      const sending = setInterval(() => socket.write(chunk), 1);
      await answered;
      clearInterval(sending);
      socket.destroy();
      expect(answer).toMatch(/^HTTP\/1\.1 413 [\s\S]*file_too_large/);
    });
  });

  it.each([
    ['../../../etc/cron.d/x.jpg', 'x.jpg'],
    ['..\\..\\x.jpg', 'x.jpg'],
    ['/etc/passwd', 'passwd'],
    ['C:\\Windows\\x.jpg', 'x.jpg'],
    ['..', 'unnamed'],
    ['%2e%2e%2fx.jpg', '%2e%2e%2fx.jpg'],
    ['a%0d%0aX-Evil: 1.jpg', 'a%0d%0aX-Evil_ 1.jpg'],
    ['.htaccess', 'htaccess'],
  ])('is stored within the upload, although a file is named %j', async (name, expected) => {
    const answer = await upload(formOf([[name, image]]));
    expect(answer.status).toBe(202);
    const ingest = await gateway.repositories.ingests.find(gateway.db, answer.body.id);
    const files = await gateway.storedFiles();
    expect(
      files.filter((file) => `${gateway.folder}/storage/${file}` === `${ingest!.folder}/${expected}`),
    ).toHaveLength(1);
    expect(files.every((file) => /^uploads\/[0-9a-f-]{36}\/[^/]+$/.test(file))).toBe(true);
  });
});
