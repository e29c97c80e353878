import { NOTHING_STORED, TestGateway } from '../../testing/gateway.fixture';
import { FORM_TYPE, formOf } from '../../testing/form.fixture';
import { rawRequest } from '../../testing/raw-request.fixture';
import { tinyJpeg } from '../../testing/test-images.fixture';

/** Longer than the timeouts below plus the second between two checks of them; far shorter than the default timeouts. */
const SOON_MS = 6_000;

describe('a hostile request', () => {
  let gateway: TestGateway;
  let projectId: number;
  beforeAll(async () => {
    gateway = await TestGateway.start({ http: { headersTimeoutMs: 300, requestTimeoutMs: 600 } });
    projectId = await gateway.project();
    await gateway.model();
  });
  afterAll(() => gateway.stop());
  const head = (path: string, ...headers: string[]): string =>
    [`POST /api/v1${path} HTTP/1.1`, 'Host: x', `Authorization: Bearer ${gateway.adminKey}`, ...headers, '', ''].join(
      '\r\n',
    );
  const raw = (bytes: string | Buffer, more?: Parameters<typeof rawRequest>[2]) =>
    rawRequest(gateway.port, bytes, more);

  describe('by its path', () => {
    it.each([
      '/api/v1/images/..%2f..',
      '/api/v1/images/..%2f..%2fetc%2fpasswd/original',
      '/api/v1/images/%2e%2e/original',
      '/api/v1/images/1%00',
      '/api/v1/images/%00/original',
      '/api/v1/images/1%0d%0aX-Evil:%201',
      '/api/v1/exports/..%5c..%5c1/download',
      '/api/v1/uploads/..%2f..%2fx',
      '/docs/..%2f..%2fpackage.json',
      '/docs/..%2fpackage.json',
      '/docs/%2e%2e/%2e%2e/package.json',
      '/docs/%00',
      '/docs/swagger-ui.css%00.js',
      '/docs/..%5c..%5cpackage.json',
      '//etc/passwd',
      '/../../etc/passwd',
      '/api/v1/../../etc/passwd',
    ])('reads no file: %s', async (path) => {
      const answer = await raw(
        `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${gateway.adminKey}\r\nConnection: close\r\n\r\n`,
      );
      expect(answer.status).toBe(404);
      expect(answer.text).toMatch(/application\/problem\+json/);
      expect(answer.text).not.toMatch(/root:|"version"|^x-evil/im);
    });
  });

  describe('by its headers', () => {
    it.each([
      ['X-Request-Id', 'a%0d%0aX-Evil: 1'],
      ['X-Request-Id', 'a\\r\\nX-Evil: 1'],
      ['Idempotency-Key', 'a%0d%0aX-Evil: 1'],
    ])('does not split the response: %s: %s', async (name, value) => {
      const body = '{"name":""}';
      const answer = await raw(
        head(
          '/projects',
          `${name}: ${value}`,
          'Connection: close',
          'Content-Type: application/json',
          `Content-Length: ${body.length}`,
        ) + body,
      );
      expect(answer.status).toBe(400);
      expect(answer.text.split('\r\n\r\n')[0]).not.toMatch(/evil/i);
    });

    it.each([
      ['a line break of its own in a value', 'X-Request-Id: a\rX-Evil: 1'],
      ['a line feed of its own in a value', 'Idempotency-Key: a\nX-Evil 1'],
      ['NUL in a value', 'X-Request-Id: a\0b'],
      ['a blank in a name', 'X Evil: 1'],
      ['a name without a value', 'X-Request-Id'],
    ])('refuses %s', async (_what, header) => {
      const answer = await raw(
        head('/projects', header, 'Connection: close', 'Content-Type: application/json', 'Content-Length: 2') + '{}',
      );
      expect(answer).toMatchObject({ status: 400, text: expect.stringMatching(/problem\+json[\s\S]*bad_http/) });
      expect(answer.text).not.toMatch(/^x-evil/im);
    });

    it('cannot split the response through a file name', async () => {
      const { ids } = await gateway.images(projectId, ['a\r\nX-Evil: 1\r\n\r\n<script>.jpg']);
      const { headers } = await gateway.get(`/images/${ids[0]}/original`);
      expect(headers.get('x-evil')).toBeNull();
      for (const table of ['images', 'tasks', 'ingests'] as const) await gateway.db.deleteFrom(table).execute();
    });

    it('with more than 16 KB of headers is refused with 431', async () => {
      const answer = await raw(
        `GET /api/v1/projects HTTP/1.1\r\nHost: x\r\n${'X-Many: 0123456789\r\n'.repeat(2_000)}\r\n`,
      );
      expect(answer).toMatchObject({
        status: 431,
        text: expect.stringMatching(/problem\+json[\s\S]*headers_too_large/),
      });
    });

    it('with two contradicting lengths is refused', async () => {
      for (const headers of [
        ['Content-Length: 2', 'Transfer-Encoding: chunked'],
        ['Content-Length: 2', 'Content-Length: 3'],
        ['Content-Length: -1'],
        ['Transfer-Encoding: chunked, gzip'],
      ]) {
        const answer = await raw(
          head('/projects', 'Content-Type: application/json', ...headers) + '0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n',
        );
        expect([headers, answer.status]).toEqual([headers, 400]);
        expect(answer.text.match(/HTTP\/1\.1/g)).toHaveLength(1);
      }
    });

    it('that is not HTTP is refused', async () => {
      for (const bytes of [
        '\x16\x03\x01\x02\0\x01',
        'SSH-2.0-x\r\n',
        'GET / HTTP/9.9\r\n\r\n',
        'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      ])
        expect((await raw(Buffer.from(bytes, 'latin1'))).status).toBe(400);
    });
  });

  describe('by its JSON', () => {
    const post = (body: string | Buffer) =>
      gateway.request('POST', '/projects', { body, headers: { 'content-type': 'application/json' } });
    afterEach(async () => expect((await gateway.get('/projects')).body.items).toHaveLength(1));

    it.each([
      ['one of two megabytes', () => `{"name":"${'x'.repeat(2_000_000)}"}`, 413, 'body_too_large'],
      ['lists a hundred thousand deep', () => `{"name":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 400, 'bad_json'],
      ['objects ten thousand deep', () => `{"name":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`, 400, 'bad_json'],
      ['a key twice', () => '{"name":"owls","name":"eagles"}', 400, 'bad_request'],
      ['a key twice in two spellings', () => '{"name":"owls","na\\u006de":"eagles"}', 400, 'bad_request'],
      ['__proto__', () => '{"name":"owls","__proto__":{"admin":true}}', 400, 'bad_request'],
      ['constructor.prototype', () => '{"name":"owls","constructor":{"prototype":{"admin":true}}}', 400, 'bad_request'],
      ['a name with NUL', () => '{"name":"a\\u0000b"}', 400, 'bad_request'],
      ['a lone surrogate', () => '{"name":"\\ud800"}', 400, 'bad_request'],
      ['invalid UTF-8', () => Buffer.from('{"name":"a\xff\xfe"', 'latin1'), 400, 'bad_json'],
      ['an unterminated text of backslashes', () => `{"name":"${'\\\\'.repeat(400_000)}`, 400, 'bad_json'],
      ['a terminated text of backslashes', () => `{"name":"${'\\\\'.repeat(400_000)}"}`, 400, 'bad_request'],
    ] as [string, () => string | Buffer, number, string][])('%s', async (_what, body, status, code) => {
      expect(await post(body())).toMatchObject({ status, body: { type: `urn:pugmark:problem:${code}` } });
      expect(({} as { admin?: boolean }).admin).toBeUndefined();
    });
  });

  describe('by its speed', () => {
    it('with headers that trickle in is cut off with 408', async () => {
      const answer = await soon(
        raw('GET /api/v1/projects HTTP/1.1\r\nHost: x\r\n', async (socket) => {
          for (let i = 0; socket.writable; i += 1) {
            socket.write(`X-Slow-${i}: 1\r\n`);
            await new Promise((resolve) => setTimeout(resolve, 50));
          }
        }),
      );
      expect(answer).toMatchObject({ status: 408, text: expect.stringMatching(/problem\+json[\s\S]*too_slow/) });
    });

    it.each([
      ['JSON', () => head('/projects', 'Content-Type: application/json', 'Content-Length: 1000'), ' '],
      [
        'a form',
        () =>
          head(
            `/uploads?projectId=${projectId}`,
            'Content-Type: multipart/form-data; boundary=b',
            'Content-Length: 10000',
          ),
        'x',
      ],
      [
        'an archive',
        () => head(`/uploads/zip?projectId=${projectId}`, 'Content-Type: application/zip', 'Content-Length: 10000'),
        'x',
      ],
      [
        'chunks without an end',
        () => head('/projects', 'Content-Type: application/json', 'Transfer-Encoding: chunked'),
        '1\r\n \r\n',
      ],
      [
        'chunks of an archive without an end',
        () =>
          head(`/uploads/zip?projectId=${projectId}`, 'Content-Type: application/zip', 'Transfer-Encoding: chunked'),
        '1\r\nx\r\n',
      ],
    ])(
      'with a body that trickles in is cut off with 408, and nothing of it is kept: %s',
      async (_what, begin, bytes) => {
        const answer = await soon(
          raw(begin(), async (socket) => {
            while (socket.writable) {
              socket.write(bytes);
              await new Promise((resolve) => setTimeout(resolve, 50));
            }
          }),
        );
        expect(answer.status).toBe(408);
        await gateway.waitForStoredCounts(NOTHING_STORED);
      },
    );

    it('with a form that stops in the middle of an image is cut off, and nothing of it is kept', async () => {
      const form = formOf([
        ['a.jpg', await tinyJpeg(1)],
        ['b.jpg', await tinyJpeg(2)],
      ]);
      const answer = await soon(
        raw(
          Buffer.concat([
            Buffer.from(
              head(
                `/uploads?projectId=${projectId}`,
                `Content-Type: ${FORM_TYPE['content-type']}`,
                `Content-Length: ${form.length}`,
              ),
            ),
            form.subarray(0, -100),
          ]),
        ),
      );
      expect(answer.status).toBe(408);
      await gateway.waitForStoredCounts(NOTHING_STORED);
    });
  });

  async function soon<T>(answer: Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const value = await answer;
    expect(performance.now() - startedAt).toBeLessThan(SOON_MS);
    return value;
  }
});
