import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MAIN = join(__dirname, '../../dist/bundle/main.js');

/** The end-to-end tests upload to the real gateway; this server refuses, disconnects or does not answer on demand. */
describe('pugmark upload, with server errors', () => {
  let server: Server;
  let url: string;
  let folder: string;
  /** SHA-256 hashes of the project's images. */
  let stored: Set<string>;
  /** File names and idempotency key of each accepted upload. */
  let taken: { readonly names: string[]; readonly key: string }[];
  let attempts: number;
  /** Handles an upload instead of the server; false: the server accepts it. */
  let instead: (names: string[], response: ServerResponse, body: string) => boolean;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pugmark-upload-'));
    [stored, taken, attempts, instead] = [new Set(), [], 0, () => false];
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (data: Buffer) => (body += data.toString('latin1')));
      request.on('end', () => answer(request, body, response));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  function json(response: ServerResponse, value: unknown, status = 200): void {
    response
      .writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' })
      .end(JSON.stringify(value));
  }

  function refuse(response: ServerResponse, status: number, code: string, field?: string): void {
    const errors = field === undefined ? {} : { errors: [{ field, message: `it is not valid (${code})` }] };
    json(
      response,
      {
        type: `urn:pugmark:problem:${code}`,
        title: '',
        status,
        detail: `about ${code}`,
        instance: '',
        requestId: 'r',
        ...errors,
      },
      status,
    );
  }

  function answer(request: IncomingMessage, body: string, response: ServerResponse): void {
    const path = request.url!.split('?')[0]!.replace('/api/v1', '');
    if (path === '/projects') return json(response, { items: [{ id: 1, name: 'Serengeti' }], nextCursor: null });
    if (path === '/projects/1/deployments')
      return json(response, { items: [{ id: 3, projectId: 1, name: 'Ridge' }], nextCursor: null });
    if (path === '/images/missing')
      return json(response, {
        missing: (JSON.parse(body) as { sha256: string[] }).sha256.filter((hash) => !stored.has(hash)),
      });
    if (path.startsWith('/ingests/'))
      return json(response, {
        id: 1,
        state: 'done',
        imagesAdded: taken[Number(path.split('/')[2]) - 1]!.names.length,
        duplicates: 0,
        skipped: 0,
        filesSeen: 1,
        error: null,
      });
    const names = [...body.matchAll(/filename="([^"]*)"/g)].map(([, name]) => name!);
    attempts += 1;
    if (instead(names, response, body)) return;
    taken.push({ names, key: String(request.headers['idempotency-key']) });
    json(response, { id: taken.length, runId: 7, state: 'pending' }, 202);
  }

  function writeImages(...names: string[]): void {
    for (const name of names) {
      mkdirSync(join(folder, name, '..'), { recursive: true });
      writeFileSync(join(folder, name), `content of ${name}`);
    }
  }

  function upload(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    return new Promise((resolve) => {
      const env = { PATH: process.env['PATH'], PUGMARK_URL: url };
      execFile(process.execPath, [MAIN, 'upload', ...args], { cwd: folder, env, timeout: 30_000 }, (error, out, err) =>
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, out, err }),
      );
    });
  }

  it('sends each missing image once, and skips files without an image extension', async () => {
    writeImages('a.jpg', 'below/b.JPG', 'c.png', '.d.jpg', 'notes.txt');
    writeFileSync(join(folder, 'twin.jpg'), 'content of a.jpg');
    stored.add(createHash('sha256').update('content of c.png').digest('hex'));
    const { code, out } = await upload('.', '--project', 'Serengeti', '--deployment', 'Ridge');
    expect(out).toContain('4 images below');
    expect(out).toMatch(/added +2 \(.*already stored +1.*duplicates +1.*refused +0.*run 7/s);
    expect(taken.map(({ names }) => names)).toEqual([['a.jpg', 'b.JPG']]);
    expect(code).toBe(0);
  });

  it('leaves out the refused file by its name, and sends the others', async () => {
    writeImages('a.jpg', 'bad.jpg', 'c.jpg');
    instead = (names, response) => {
      if (!names.includes('bad.jpg')) return false;
      refuse(response, 422, 'not_an_image', 'bad.jpg');
      return true;
    };
    const { code, out } = await upload('.', '--project', 'Serengeti');
    expect(code).toBe(1);
    expect(out).toMatch(/added +2 .*Refused:\n {2}bad\.jpg: it is not valid \(not_an_image\)/s);
    expect(attempts).toBe(2);
  });

  it('finds the refused file among files of the same name by halving', async () => {
    writeImages('1/x.jpg', '2/x.jpg', '3/x.jpg', '4/x.jpg', '5/x.jpg');
    instead = (_names, response, body) => {
      if (!body.includes('content of 2/x.jpg')) return false;
      refuse(response, 422, 'not_an_image', 'x.jpg');
      return true;
    };
    const { code, out } = await upload('.', '--project', 'Serengeti');
    expect(out).toMatch(/added +4 .*refused +1.*Refused:\n {2}2\/x\.jpg: /s);
    expect(code).toBe(1);
  });

  it('retries a part with the same key when there was no answer', async () => {
    writeImages('a.jpg');
    const cut: string[] = [];
    instead = (names, response) => {
      if (cut.length === 2) return false;
      cut.push(...names);
      response.destroy();
      return true;
    };
    expect((await upload('.', '--project', 'Serengeti')).code).toBe(0);
    expect(attempts).toBe(3);
    expect(taken[0]!.key).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('stops with advice when the server cannot store files, and resumes later', async () => {
    writeImages('a.jpg', 'b.jpg');
    instead = (_names, response) => {
      refuse(response, 507, 'disk_full');
      return true;
    };
    const { code, out, err } = await upload('.', '--project', 'Serengeti');
    expect([code, out]).toEqual([3, expect.stringContaining('run it again for the others')]);
    expect(err).toContain('(disk_full)');
    instead = () => false;
    expect((await upload('.', '--project', 'Serengeti')).code).toBe(0);
  });

  it('reports invalid arguments before sending anything', async () => {
    writeImages('a.jpg');
    expect(await upload('.')).toMatchObject({
      code: 2,
      err: expect.stringContaining('one folder and --project are needed'),
    });
    expect(await upload('nowhere', '--project', 'Serengeti')).toMatchObject({
      code: 2,
      err: expect.stringContaining('does not exist'),
    });
    expect(await upload('a.jpg', '--project', 'Serengeti')).toMatchObject({
      code: 2,
      err: expect.stringContaining('is not a folder'),
    });
    expect(await upload('.', '--project', 'Kruger')).toMatchObject({
      code: 2,
      err: expect.stringContaining("no project has the id or name 'Kruger'; there are: Serengeti"),
    });
    expect(await upload('.', '--project', 'Serengeti', '--deployment', 'Creek')).toMatchObject({
      code: 2,
      err: expect.stringContaining('there are: Ridge'),
    });
    expect(attempts).toBe(0);
  });
});
