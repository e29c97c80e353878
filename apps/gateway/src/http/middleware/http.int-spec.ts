import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { encodeCursor } from '../dto/paging';
import { TestGateway } from '../../testing/gateway.fixture';

describe('the API as HTTP', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await TestGateway.start();
  });
  afterAll(() => gateway.stop());

  it('answers errors as problems that name the request', async () => {
    const answer = await gateway.get('/nowhere', { 'x-request-id': 'my-request-7' });
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.headers.get('x-request-id')).toBe('my-request-7');
    expect(answer.body).toEqual({
      type: 'urn:pugmark:problem:not_found',
      title: 'Not Found',
      status: 404,
      detail: 'there is no resource at this address',
      instance: '/api/v1/nowhere',
      requestId: 'my-request-7',
    });
  });

  it.each(['has blank', 'ä', 'x'.repeat(129), '<script>'])(
    'generates a request id instead of accepting %j',
    async (given) => {
      const answer = await gateway.get('/projects', { 'x-request-id': Buffer.from(given, 'utf8').toString('latin1') });
      expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  it('does not disclose its software and forbids content sniffing', async () => {
    const { headers } = await gateway.get('/projects');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each([
    ['DELETE', '/projects', 'GET, HEAD, POST'],
    ['PUT', '/projects/1', 'GET, HEAD, PATCH'],
    ['GET', '/uploads', 'POST'],
    ['POST', '/images', 'GET, HEAD'],
    ['POST', '/images/1', 'GET, HEAD, PATCH'],
    ['GET', '/runs/1/cancel', 'POST'],
  ])('answers %s %s with 405 and the allowed methods', async (method, path, allow) => {
    const answer = await gateway.request(method, path);
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe(allow);
    expect((await gateway.request('OPTIONS', path)).headers.get('allow')).toBe(allow);
  });

  it('answers HEAD as GET without a body', async () => {
    expect(await gateway.request('HEAD', '/projects')).toMatchObject({ status: 200, body: '' });
  });

  it.each([
    ['{"name": "cut', 400],
    ['', 400],
    ['[]', 400],
    ['"text"', 400],
    ['{"name": "x", "__proto__": {"admin": true}}', 400],
    ['{"name": "x", "constructor": 1}', 400],
    [`{"name": ${'['.repeat(20_000)}${']'.repeat(20_000)}}`, 400],
    [`{"name": ${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`, 400],
    [`{"name": "${'x'.repeat(1_100_000)}"}`, 413],
  ])('refuses the body %.40s', async (body, status) => {
    const answer = await gateway.request('POST', '/projects', {
      body,
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/problem\+json/);
  });

  it.each([['text/plain'], ['application/x-www-form-urlencoded'], ['application/json; charset=latin7']])(
    'refuses a body of type %s with 415',
    async (type) => {
      expect(
        (await gateway.request('POST', '/projects', { body: '{"name":"x"}', headers: { 'content-type': type } }))
          .status,
      ).toBe(415);
    },
  );

  it('refuses a body that is too large once decompressed', async () => {
    const body = new Uint8Array(gzipSync(`{"name": "${'x'.repeat(5_000_000)}"}`));
    const answer = await gateway.request('POST', '/projects', {
      body,
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    });
    expect(answer.status).toBe(413);
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=', 'limit'],
    ['limit=5&limit=6', 'limit'],
    ['cursor=garbage!', 'cursor'],
    ['cursor=AAAA', 'cursor', 422],
    [`cursor=${encodeCursor('images', 5)}`, 'cursor', 422],
    [`cursor=${encodeCursor('projects', -1)}`, 'cursor', 422],
    [`cursor=${encodeCursor('projects', 'text')}`, 'cursor', 422],
    [`cursor=${encodeCursor('projects', 5).slice(0, -3)}`, 'cursor', 422],
    ['colour=red', 'colour'],
    ['__proto__=x', '__proto__'],
  ] as [string, string, number?][])('refuses the query %s', async (query, field, status = 400) => {
    const answer = await gateway.get(`/projects?${query}`);
    expect(answer.status).toBe(status);
    expect(answer.body.errors[0].field).toBe(field);
  });

  it('refuses a malformed address', async () => {
    expect((await gateway.get('/projects/%E0%A4%A')).status).toBe(400);
  });

  it('refuses changes from pages of other sites', async () => {
    const status = await rawPost(gateway, 'Sec-Fetch-Site: cross-site');
    expect(status).toBe(403);
    expect(await rawPost(gateway, 'Sec-Fetch-Site: same-origin')).toBe(201);
  });

  it('answers 500 without disclosing the cause', async () => {
    jest
      .spyOn(gateway.repositories.projects, 'page')
      .mockRejectedValueOnce(new Error('password of /srv/secret is hunter2'));
    const answer = await gateway.get('/projects');
    expect(answer.status).toBe(500);
    expect(JSON.stringify(answer.body)).not.toMatch(/hunter2|secret|node_modules|\bat /);
  });

  it.each(['ENOSPC', 'EDQUOT'])('does not mistake %s for a database outage', async (code) => {
    jest
      .spyOn(gateway.repositories.projects, 'page')
      .mockRejectedValueOnce(Object.assign(new Error('x'), { code, syscall: 'write' }));
    expect((await gateway.get('/projects')).status).toBe(500);
  });
});

describe('without a database', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await TestGateway.start({
      databaseUrl: 'postgres://nobody@127.0.0.1:9/none',
      settings: { auth: 'open' },
    });
  });
  afterAll(() => gateway.stop());

  it.each(['/projects', '/images', '/runs/1', '/exports/1/download', '/processing/status'])(
    'answers %s with 503 and Retry-After',
    async (path) => {
      const answer = await gateway.get(path);
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('5');
      expect(JSON.stringify(answer.body)).not.toMatch(/127\.0\.0\.1|ECONNREFUSED/);
    },
  );

  it('still reports the state of the system', async () => {
    const answer = await gateway.get('/system');
    expect(answer).toMatchObject({
      status: 200,
      body: {
        version: '1.2.3',
        models: null,
        dependencies: { postgres: 'down', redis: 'not configured', broker: { ready: true } },
      },
    });
  });
});

describe('GET /system', () => {
  it('reports version, models and dependencies', async () => {
    const gateway = await TestGateway.start();
    await gateway.model();
    await gateway.repositories.tasks.recordProgress('scan', 300);
    const { body } = await gateway.get('/system');
    expect(body).toEqual({
      version: '1.2.3',
      uptimeSeconds: expect.any(Number),
      models: [
        expect.objectContaining({
          id: expect.any(Number),
          name: 'test-model',
          version: '1.0.0',
          licence: 'MIT',
          threshold: 0.5,
          isDefault: true,
        }),
      ],
      engines: [],
      progress: [{ kind: 'scan', progressedAt: expect.stringMatching(/Z$/), limitSeconds: 300 }],
      dependencies: {
        postgres: 'up',
        redis: 'not configured',
        broker: expect.objectContaining({ ready: true, topology: 'verified' }),
      },
      routes: [
        {
          kind: 'detect',
          queue: 'pugmark.detect',
          state: 'answered',
          responder: 'ml-worker@host/1',
          roundTripMs: 1.5,
          answeredAt: '2026-01-01T00:00:00.000Z',
        },
      ],
    });
    await gateway.stop();
  });
});

/** fetch does not let a client set `Sec-Fetch-Site`. Returns the status. */
async function rawPost({ port, adminKey }: TestGateway, header: string): Promise<number> {
  const body = JSON.stringify({ name: `raw ${Math.random()}` });
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `POST /api/v1/projects HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${adminKey}\r\nContent-Type: application/json\r\n${header}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return Number(answer.split(' ')[1]);
}
