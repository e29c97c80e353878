import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MAIN = join(__dirname, '../dist/bundle/main.js');

const SYSTEM = {
  version: '9.9',
  uptimeSeconds: 7_500,
  models: [],
  engines: [
    {
      worker: 'host/ml-worker/1',
      name: 'wasm',
      device: 'cpu',
      reason: 'auto',
      version: '4',
      processes: 1,
      processesReady: 1,
    },
  ],
  dependencies: {
    postgres: 'up',
    redis: 'up',
    broker: { ready: true, publisher: 'up', consumers: {}, topology: 'verified', problems: [] },
  },
  routes: [
    {
      kind: 'detect',
      queue: 'pugmark.detect',
      state: 'answered',
      responder: 'host/ml-worker/1',
      roundTripMs: 2.5,
      answeredAt: '2026-01-01T00:00:00.000Z',
    },
  ],
};
const WORK = { processing: 1, pending: 4, completed: 9, failed: 1, ratePerMinute: 30, etaSeconds: 10 };

describe('pugmark status', () => {
  let server: Server;
  let url: string;
  let folder: string;
  let answers: Record<string, unknown>;
  let keys: (string | undefined)[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pugmark-status-'));
    answers = { '/api/v1/system': SYSTEM, '/api/v1/processing/status': WORK };
    keys = [];
    server = createServer((request, response) => {
      keys.push(request.headers.authorization);
      const isKnown = request.headers.authorization === 'Bearer pm_own';
      const body = isKnown
        ? answers[request.url!]
        : {
            type: 'urn:pugmark:problem:key_unknown',
            title: 'Unauthorized',
            status: 401,
            detail: 'there is no such key',
          };
      response
        .writeHead(isKnown ? 200 : 401, { 'content-type': isKnown ? 'application/json' : 'application/problem+json' })
        .end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  function status(
    args: readonly string[],
    environment: NodeJS.ProcessEnv = {},
  ): Promise<{ code: number; out: string; err: string }> {
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        [MAIN, 'status', ...args],
        { cwd: folder, env: { PATH: process.env['PATH'], ...environment }, timeout: 30_000 },
        (error, out, err) =>
          resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, out, err }),
      );
    });
  }

  it('shows services and waiting work, and exits with 0 without problems', async () => {
    const { code, out } = await status([], { PUGMARK_URL: url, PUGMARK_KEY: 'pm_own' });
    expect(out).toContain(`Pugmark 9.9 at ${url}, up 2 h 5 min`);
    expect(out).toContain('4 waiting, 1 in progress, 9 done, 1 failed; 30 a minute, 10 s remaining');
    expect(out).toMatch(/pugmark\.detect +answered +host\/ml-worker\/1 +2\.5 ms/);
    expect(out).toMatch(/No problems found\.\n$/);
    expect(code).toBe(0);
  });

  it('exits with 1 and lists problems, also as JSON, and requests no work status while the database is down', async () => {
    answers = {
      '/api/v1/system': {
        ...SYSTEM,
        engines: null,
        models: null,
        dependencies: { ...SYSTEM.dependencies, postgres: 'down' },
      },
    };
    const { code, out } = await status(['--json', '--url', url], { PUGMARK_KEY: 'pm_own' });
    expect(JSON.parse(out)).toMatchObject({
      work: null,
      needsAttention: [expect.stringMatching(/^Postgres does not answer/)],
    });
    expect(code).toBe(1);
  });

  it('uses the running instance with its own key, and sends that key to no other server', async () => {
    mkdirSync(join(folder, '.pugmark', 'main'), { recursive: true });
    writeFileSync(join(folder, '.pugmark', 'main', 'api.json'), JSON.stringify({ url }));
    writeFileSync(join(folder, '.pugmark', 'main', 'admin-key'), 'pm_own\n');
    expect((await status([])).code).toBe(0);
    keys = [];
    expect(await status(['--url', url])).toMatchObject({
      code: 2,
      err: expect.stringContaining('answered 401 (key_unknown): there is no such key'),
    });
    expect(keys).toEqual([undefined]);
    writeFileSync(join(folder, 'key'), 'pm_own\n');
    expect((await status(['--url', url, '--key-file', 'key'])).code).toBe(0);
  });

  it('reports missing settings, and a server that does not answer', async () => {
    expect(await status([])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/no gateway is known: give --url, or set PUGMARK_URL/),
    });
    expect(await status(['--url', 'nonsense'])).toMatchObject({
      code: 2,
      err: expect.stringContaining("not 'nonsense'"),
    });
    expect(await status(['--url', url, '--key-file', 'nowhere'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('the key cannot be read'),
    });
    expect(await status(['--url', 'http://127.0.0.1:1'])).toMatchObject({
      code: 3,
      err: expect.stringMatching(/GET \/api\/v1\/system: /),
    });
  });
});
