import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import { ApiProblem, NoResponseError, PugmarkClient, type Schemas } from './index';

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

describe('the client', () => {
  let server: Server;
  let url: string;
  /** Handlers of the next requests, in order; the last one is reused. */
  let handlers: Handler[];
  let requests: { readonly line: string; readonly headers: IncomingMessage['headers']; readonly body: string }[];
  let client: PugmarkClient;

  beforeEach(async () => {
    requests = [];
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (data: Buffer) => (body += data.toString('latin1')));
      request.on('end', () => {
        requests.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
        const handler = handlers.length > 1 ? handlers.shift()! : handlers[0]!;
        handler(request, response, body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    client = new PugmarkClient({ url, key: 'pm_test' });
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const json =
    (value: unknown, status = 200): Handler =>
    (_request, response) =>
      void response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(value));

  const problem =
    (status: number, code: string, more: object = {}, headers: Record<string, string> = {}): Handler =>
    (_request, response) => {
      const body = {
        type: `urn:pugmark:problem:${code}`,
        title: 'x',
        status,
        detail: `what to do about ${code}`,
        instance: '/',
        requestId: 'r-1',
        ...more,
      };
      response.writeHead(status, { 'content-type': 'application/problem+json', ...headers }).end(JSON.stringify(body));
    };

  it("sends path, query, key and body as documented, and returns the server's answer", async () => {
    handlers = [json({ id: 5, name: 'Ridge' })];
    const location: Schemas['LocationResponse'] = await client.post('/api/v1/projects/{id}/locations', {
      params: { path: { id: 7 }, header: { 'Idempotency-Key': 'k' } },
      body: { name: 'Ridge' },
    });
    await client.get('/api/v1/images', { params: { query: { projectId: 7, category: 'animal' } } });
    expect(location.id).toBe(5);
    expect(requests.map(({ line }) => line)).toEqual([
      'POST /api/v1/projects/7/locations',
      'GET /api/v1/images?projectId=7&category=animal',
    ]);
    expect(requests[0]).toMatchObject({
      body: '{"name":"Ridge"}',
      headers: { authorization: 'Bearer pm_test', 'idempotency-key': 'k', 'content-type': 'application/json' },
    });
  });

  it('does not compile a call that the document does not know', () => {
    const calls = async (): Promise<void> => {
      // @ts-expect-error -- there is no such path
      await client.get('/api/v1/nothing');
      // @ts-expect-error -- the id is missing
      await client.get('/api/v1/runs/{id}');
      // @ts-expect-error -- no list
      for await (const one of client.all('/api/v1/system')) void one;
      // @ts-expect-error -- a name is needed
      await client.post('/api/v1/projects', { body: {} });
      // @ts-expect-error -- a project has no colour
      void (await client.get('/api/v1/projects/{id}', { params: { path: { id: 1 } } })).colour;
    };
    expect(calls).toBeInstanceOf(Function);
  });

  it('sends files as a form with their names, an archive unchanged, and CSV as text', async () => {
    handlers = [json({})];
    await client.post('/api/v1/uploads', {
      params: { query: { projectId: 1 } },
      body: { files: [new File(['pixels'], 'IMG 1.JPG')] },
    });
    await client.post('/api/v1/projects/{id}/locations/import', { params: { path: { id: 1 } }, body: 'name\nRidge\n' });
    await client.post('/api/v1/uploads/zip', { params: { query: { projectId: 1 } }, body: new Blob(['PK']) });
    expect(requests[2]).toMatchObject({ body: 'PK', headers: { 'content-type': 'application/zip' } });
    expect(requests[0]!.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    expect(requests[0]!.body).toMatch(/name="files"; filename="IMG 1\.JPG"[^]*pixels/);
    expect(requests[1]).toMatchObject({ body: 'name\nRidge\n', headers: { 'content-type': 'text/csv' } });
  });

  it('returns files as blobs, and undefined for 204', async () => {
    handlers = [
      (_request, response) =>
        void response.writeHead(200, { 'content-type': 'text/csv; charset=utf-8' }).end('a,b\r\n'),
      (_request, response) => void response.writeHead(204).end(),
    ];
    const file: Blob = await client.get('/api/v1/exports/{id}/download', { params: { path: { id: 1 } } });
    expect(await file.text()).toBe('a,b\r\n');
    expect(await client.delete('/api/v1/keys/{id}', { params: { path: { id: 1 } } })).toBeUndefined();
  });

  it('throws a problem with all of its fields', async () => {
    handlers = [problem(409, 'name_taken', { errors: [{ field: 'name', message: 'is taken' }] })];
    const error = await client.post('/api/v1/projects', { body: { name: 'x' } }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ApiProblem);
    expect(error).toMatchObject({
      status: 409,
      code: 'name_taken',
      detail: 'what to do about name_taken',
      errors: [{ field: 'name', message: 'is taken' }],
      retryAfter: null,
      requestId: 'r-1',
      message: 'POST /api/v1/projects answered 409 (name_taken): what to do about name_taken',
    });
  });

  it("turns a proxy's error into a problem, and does not accept a web page as an answer", async () => {
    handlers = [
      (_request, response) => void response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>'),
      (_request, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Router</h1>'),
    ];
    await expect(client.get('/api/v1/system')).rejects.toMatchObject({
      status: 502,
      code: 'http_502',
      detail: '<h1>Bad Gateway</h1>',
    });
    await expect(client.get('/api/v1/system')).rejects.toThrow(
      'GET /api/v1/system: answered a web page: this is not the address of a Pugmark',
    );
  });

  it('retries when the server says so: reads, and posts with an idempotency key', async () => {
    const busy = problem(503, 'database_unavailable', {}, { 'retry-after': '0' });
    handlers = [
      busy,
      problem(429, 'rate_limited', {}, { 'retry-after': '0' }),
      json({ version: '1' }),
      busy,
      json({ id: 1 }),
    ];
    expect(await client.get('/api/v1/system')).toEqual({ version: '1' });
    expect(
      await client.post('/api/v1/projects', { params: { header: { 'Idempotency-Key': 'k' } }, body: { name: 'x' } }),
    ).toEqual({ id: 1 });
    expect(requests).toHaveLength(5);
    expect(requests.at(-1)!.body).toBe('{"name":"x"}');
  });

  it('does not retry what could happen twice, or without a time given by the server', async () => {
    handlers = [
      problem(503, 'database_unavailable', {}, { 'retry-after': '0' }),
      problem(503, 'x'),
      problem(409, 'x', {}, { 'retry-after': '0' }),
    ];
    await expect(client.post('/api/v1/projects', { body: { name: 'x' } })).rejects.toMatchObject({ status: 503 });
    await expect(client.get('/api/v1/system')).rejects.toMatchObject({ status: 503, retryAfter: null });
    await expect(client.get('/api/v1/system')).rejects.toMatchObject({ status: 409 });
    expect(requests).toHaveLength(3);
  });

  it('stops retrying after the maximum number of tries, and does not wait longer than allowed', async () => {
    handlers = [problem(503, 'x', {}, { 'retry-after': '0' })];
    await expect(client.get('/api/v1/system')).rejects.toMatchObject({ status: 503 });
    expect(requests).toHaveLength(4);
    handlers = [problem(503, 'x', {}, { 'retry-after': '30' })];
    await expect(client.with({ retry: { tries: 9, waitMs: 10_000 } }).get('/api/v1/system')).rejects.toMatchObject({
      retryAfter: 30,
    });
    expect(requests).toHaveLength(5);
  });

  it('accepts a date as the time to retry', async () => {
    handlers = [problem(503, 'x', {}, { 'retry-after': new Date(Date.now() + 120_000).toUTCString() })];
    const error = (await client.get('/api/v1/system').catch((reason: unknown) => reason)) as ApiProblem;
    expect(error.retryAfter).toBeGreaterThan(110);
    expect(error.retryAfter).toBeLessThanOrEqual(120);
  });

  it('reports a missing or partial answer with the deadline', async () => {
    const hasty = client.with({ deadlineMs: 100 });
    handlers = [
      () => undefined,
      (_request, response) =>
        void response.writeHead(200, { 'content-type': 'application/json' }).write('{"version": '),
    ];
    await expect(hasty.get('/api/v1/system')).rejects.toThrow('GET /api/v1/system: no answer within 0.1 s');
    await expect(hasty.get('/api/v1/system')).rejects.toThrow('GET /api/v1/system: no answer within 0.1 s');
  });

  it('reports why the server cannot be reached', async () => {
    const error = await new PugmarkClient({ url: 'http://127.0.0.1:9' })
      .get('/api/v1/runs/{id}', { params: { path: { id: 7 } } })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NoResponseError);
    expect((error as Error).message).toMatch(/^GET \/api\/v1\/runs\/7: .*(ECONNREFUSED|bad port)/);
  });

  it("ends with the caller's abort reason, in a call and in a wait", async () => {
    const stop = new AbortController();
    handlers = [() => stop.abort(new Error('enough'))];
    await expect(client.with({ signal: stop.signal }).get('/api/v1/system')).rejects.toThrow('enough');

    const other = new AbortController();
    handlers = [
      (request, response, body) => {
        problem(503, 'x', {}, { 'retry-after': '20' })(request, response, body);
        setTimeout(() => other.abort(new Error('enough waited')), 50);
      },
    ];
    await expect(client.get('/api/v1/system', { signal: other.signal })).rejects.toThrow('enough waited');
    expect(requests).toHaveLength(2);
  });

  it('reads the pages of a list as they are requested', async () => {
    handlers = [
      json({ items: [{ id: 1 }, { id: 2 }], nextCursor: 'two' }),
      json({ items: [{ id: 3 }], nextCursor: null }),
    ];
    const ids: number[] = [];
    for await (const { id } of client.all('/api/v1/projects', { params: { query: { limit: 2 } } })) ids.push(id);
    expect(ids).toEqual([1, 2, 3]);
    expect(requests.map(({ line }) => line)).toEqual([
      'GET /api/v1/projects?limit=2',
      'GET /api/v1/projects?limit=2&cursor=two',
    ]);

    handlers = [json({ items: [{ id: 1 }], nextCursor: 'more' })];
    for await (const { id } of client.all('/api/v1/projects')) if (id === 1) break;
    expect(requests).toHaveLength(3);
  });

  it('stops at a list whose pages repeat', async () => {
    handlers = [json({ items: [], nextCursor: 'again' })];
    const walk = async (): Promise<void> => {
      for await (const one of client.all('/api/v1/projects')) void one;
    };
    await expect(walk()).rejects.toThrow('pages of the list repeat');
  });

  it('uses nothing of Node, so that it runs in a browser', async () => {
    const { outputFiles, warnings } = await build({
      entryPoints: [require.resolve('./index')],
      bundle: true,
      platform: 'browser',
      format: 'esm',
      write: false,
      logLevel: 'silent',
    });
    expect(warnings).toEqual([]);
    expect(outputFiles[0]!.text).not.toMatch(/\bBuffer\b|require\(/);
  });
});
