import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { belongsTo, findOnPath, processFacts } from '@pugmark/toolkit';
import { itUnless, waitUntil } from '@pugmark/testing';
import { launch, writeLauncher, type Launcher } from './launcher-fixture';
import { findPostgres } from './postgres/find-postgres';
import { parsePasswd } from './postgres/server-user';
import { readState } from './state-file';

jest.setTimeout(240_000);

const root = process.getuid?.() === 0;
let scratch: string;
let script: string;
const left: Launcher[] = [];

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'pugmark services-'));
  chmodSync(scratch, 0o755);
  script = await writeLauncher(scratch);
});

afterEach(async () => {
  await Promise.all(left.splice(0).map((launcher) => launcher.stop()));
});

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

it('starts private servers that answer, finds the data again after a stop, and leaves no process behind', async () => {
  const dir = join(scratch, 'own');
  const first = await start(dir);
  sql(first, "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('track')");
  await putQueue(first, 'kept');
  expect(processesOf(join(dir, 'main'))).not.toEqual([]);
  await first.stop();
  expect(processesOf(join(dir, 'main'))).toEqual([]);

  const second = await start(dir);
  expect(second.urls).toEqual(first.urls);
  expect(sql(second, 'SELECT word FROM kept')).toBe('track');
  expect(await queues(second)).toEqual(['kept']);
});

it('takes over from a launcher that was killed, with the same data', async () => {
  const dir = join(scratch, 'killed');
  const first = await start(dir);
  sql(first, 'CREATE TABLE kept (word text)');
  await first.sigkill();
  expect(processesOf(join(dir, 'main'))).not.toEqual([]);

  const second = await start(dir);
  expect(second.urls).toEqual(first.urls);
  expect(sql(second, 'SELECT count(*) FROM kept')).toBe('0');
  await second.stop();
  expect(processesOf(join(dir, 'main'))).toEqual([]);
});

it('starts a server again that ended by itself, at the same address with the same data, and says so', async () => {
  const dir = join(scratch, 'ended');
  const launcher = await start(dir);
  sql(launcher, "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('track')");
  await putQueue(launcher, 'kept');
  const pidFiles = ['postgres.pid', 'redis/server.pid', 'rabbitmq/server.pid'];
  const pids = pidFiles.map((file) => Number(readFileSync(join(dir, 'main', file), 'utf8')));
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await waitUntil(
    'Postgres to answer again',
    () => {
      try {
        return sql(launcher, 'SELECT word FROM kept') === 'track';
      } catch {
        return false;
      }
    },
    60_000,
  );
  await waitUntil(
    'RabbitMQ to answer again',
    async () => (await queues(launcher).catch(() => [])).length === 1,
    90_000,
  );
  await waitUntil('Redis to run again', () => {
    const pid = Number(readFileSync(join(dir, 'main', 'redis/server.pid'), 'utf8'));
    return pid !== pids[1] && processFacts(pid) !== null;
  });
  for (const name of ['Postgres', 'RabbitMQ', 'Redis']) {
    expect(launcher.lines().some((line) => line.includes(`${name} ended: it was ended by SIGKILL`))).toBe(true);
    await waitUntil(`${name} to be reported`, () =>
      launcher.lines().some((line) => line.includes(`${name} runs again`)),
    );
  }
  await launcher.stop();
  expect(processesOf(join(dir, 'main'))).toEqual([]);
});

it('picks another port when the remembered one is taken, and refuses a second launcher', async () => {
  const dir = join(scratch, 'ports');
  const first = await start(dir);
  await expect(start(dir)).rejects.toThrow(/already running here: process \d+/);
  await first.stop();
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(Number(new URL(first.urls.redisUrl).port), '127.0.0.1', resolve));
  try {
    const second = await start(dir);
    expect(new URL(second.urls.redisUrl).port).not.toBe(new URL(first.urls.redisUrl).port);
    expect(second.urls.databaseUrl).toBe(first.urls.databaseUrl);
  } finally {
    taken.close();
  }
});

itUnless(root ? null : 'only root can start servers as another user', 'runs as an ordinary user', async () => {
  const user = parsePasswd(readFileSync('/etc/passwd', 'utf8')).find(({ name }) => name === 'nobody');
  if (!user) throw new Error('there is no user nobody here');
  const dir = join(scratch, 'ordinary');
  mkdirSync(dir);
  chownSync(dir, user.uid, user.gid);
  const launcher = await start(dir, user);
  expect(sql(launcher, 'SELECT 1')).toBe('1');
  expect(await queues(launcher)).toEqual([]);
  await launcher.stop();
  expect(processesOf(join(dir, 'main'))).toEqual([]);
});

itUnless(
  root ? null : 'only root can start servers as another user',
  'runs as root below a folder that only root may enter',
  async () => {
    const dir = join(scratch, 'closed', 'clone', '.pugmark');
    mkdirSync(dir, { recursive: true });
    chmodSync(join(scratch, 'closed'), 0o700);
    const first = await start(dir);
    const { folder } = readState<{ folder: string }>(join(dir, 'main', 'postgres.json'));
    try {
      sql(first, 'CREATE TABLE kept (word text)');
      await first.stop();
      const second = await start(dir);
      expect(sql(second, 'SELECT count(*) FROM kept')).toBe('0');
      await second.stop();
      expect(processesOf(folder ?? '')).toEqual([]);
    } finally {
      if (folder && !folder.startsWith(scratch)) rmSync(folder, { recursive: true, force: true });
    }
  },
);

async function start(dir: string, user?: { uid: number; gid: number }): Promise<Launcher> {
  const launcher = await launch({ script, dir, ...(user ? { user: { uid: user.uid, gid: user.gid } } : {}) });
  left.push(launcher);
  return launcher;
}

function sql(launcher: Launcher, text: string): string {
  const psql = findOnPath(
    ['psql'],
    findPostgres()
      .map(({ bin }) => bin)
      .join(':'),
  );
  return execFileSync(psql ?? 'psql', ['-X', '-A', '-t', '-d', launcher.urls.databaseUrl, '-c', text], {
    encoding: 'utf8',
    timeout: 20_000,
  }).trim();
}

async function putQueue(launcher: Launcher, name: string): Promise<void> {
  const response = await management(launcher, `/api/queues/%2F/${name}`, {
    method: 'PUT',
    body: JSON.stringify({ durable: true, arguments: { 'x-queue-type': 'quorum' } }),
  });
  expect(response.status).toBe(201);
}

async function queues(launcher: Launcher): Promise<readonly string[]> {
  const response = await management(launcher, '/api/queues');
  return ((await response.json()) as { name: string }[]).map(({ name }) => name);
}

function management(launcher: Launcher, path: string, init: RequestInit = {}): Promise<Response> {
  const url = new URL(launcher.urls.rabbitmqManagementUrl ?? '');
  const authorization = `Basic ${Buffer.from(`${url.username}:${url.password}`).toString('base64')}`;
  return fetch(`http://${url.host}${path}`, {
    ...init,
    headers: { authorization, 'content-type': 'application/json' },
    signal: AbortSignal.timeout(10_000),
  });
}

/** Every process on the machine that belongs to this folder. */
function processesOf(folder: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => processFacts(Number(name)))
    .flatMap((facts) =>
      facts !== null && belongsTo(facts, folder) && !facts.commandLine.includes('runner.cjs')
        ? [facts.commandLine]
        : [],
    );
}
