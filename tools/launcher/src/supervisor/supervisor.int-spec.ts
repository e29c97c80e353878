import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunning, waitUntil } from '@pugmark/toolkit';
import { Ports } from '../processes/ports';
import type { ServiceStatus, SupervisionTimes } from './supervised-service';
import { Supervisor } from './supervisor';

const TIMES: SupervisionTimes = {
  probeEvery: 50,
  probeDeadline: 300,
  probeFailures: 3,
  startAllowance: 5_000,
  grace: 500,
  healthyAfter: 200,
  restartDelay: () => 20,
};

/** A minimal service; MODE says what it does wrong. */
const SERVICE = `
const { createServer } = require('node:http');
const fs = require('node:fs');
const { MODE, MARK, HEALTH_PORT } = process.env;
const first = !fs.existsSync(MARK);
fs.appendFileSync(MARK, process.pid + '\\n');
console.log(JSON.stringify({ level: 'info', msg: 'up', pid: process.pid }));
if (MODE === 'crash') process.exit(3);
if (MODE === 'helper') require('node:child_process').spawn('sleep', ['600']).unref();
let answers = 0;
createServer((request, response) => {
  if (MODE === 'hang' && first && ++answers > 2) for (;;);
  response.writeHead(200).end('{}');
}).listen(Number(HEALTH_PORT), '127.0.0.1');
process.on('SIGTERM', () => { if (MODE !== 'stubborn') process.exit(0); });
process.stdin.on('end', () => process.exit(0)).resume();
`;

let folder: string;
let supervisor: Supervisor;
let lines: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pugmark-supervisor-'));
  writeFileSync(join(folder, 'service.cjs'), SERVICE);
  lines = [];
});

afterEach(async () => {
  await supervisor.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function supervise(mode: string, times: Partial<SupervisionTimes> = {}): Promise<void> {
  const spec = {
    name: mode,
    script: join(folder, 'service.cjs'),
    cwd: folder,
    healthPort: await new Ports().pick(),
    logFile: join(folder, 'logs', `${mode}.log`),
  };
  const env = {
    PATH: process.env['PATH'],
    MODE: mode,
    MARK: join(folder, 'mark'),
    HEALTH_PORT: String(spec.healthPort),
  };
  supervisor = new Supervisor([{ ...spec, env }], (line) => lines.push(line), undefined, { ...TIMES, ...times });
  supervisor.start();
}

function until(what: string, ask: (status: ServiceStatus) => boolean): Promise<ServiceStatus> {
  return waitUntil(
    () => {
      const [status] = supervisor.status();
      return status !== undefined && ask(status) ? status : undefined;
    },
    { what, deadlineMs: 15_000, everyMs: 20 },
  );
}

it('runs a service, keeps its log and stops it', async () => {
  await supervise('good');
  const { pid } = await until('health', ({ healthy }) => healthy);
  await supervisor.stop();
  expect(isRunning(pid ?? 0)).toBe(false);
  expect(readFileSync(join(folder, 'logs', 'good.log'), 'utf8')).toContain('"msg":"up"');
  expect(supervisor.status()).toEqual([expect.objectContaining({ pid: null, restarts: 0 })]);
});

it('restarts a service that was killed, and forgets the failure once it is healthy again', async () => {
  await supervise('good');
  const { pid } = await until('health', ({ healthy }) => healthy);
  process.kill(pid ?? 0, 'SIGKILL');
  const next = await until('a restart', ({ restarts, healthy }) => restarts === 1 && healthy);
  expect(next.pid).not.toBe(pid);
  expect(lines[0]).toMatch(/^good: was ended by SIGKILL; starting it again in/);
  await until('forgiveness', ({ failuresInARow }) => failuresInARow === 0);
});

it('restarts a service that hangs', async () => {
  await supervise('hang');
  await until('a restart', ({ restarts, healthy }) => restarts === 1 && healthy);
  expect(lines[0]).toMatch(/^hang: failed its liveness check 3 times/);
});

it('counts the failures of a service that never becomes healthy', async () => {
  await supervise('crash');
  const { lastProblem, healthy } = await until('five failures', ({ failuresInARow }) => failuresInARow >= 5);
  expect(lastProblem).toBe('exited with code 3');
  expect(healthy).toBe(false);
});

it('kills a service that ignores SIGTERM', async () => {
  await supervise('stubborn');
  const { pid } = await until('health', ({ healthy }) => healthy);
  await supervisor.stop();
  expect(isRunning(pid ?? 0)).toBe(false);
});

it('restarts a service on request at once, without counting a failure', async () => {
  await supervise('healthy', { restartDelay: () => 60_000 });
  const before = await until('health', ({ healthy }) => healthy);
  supervisor.restart('healthy');
  const after = await until('another process', ({ healthy, pid }) => healthy && pid !== before.pid);
  expect(after).toMatchObject({ restarts: 1, failuresInARow: 0, lastProblem: null });
  expect(isRunning(before.pid ?? 0)).toBe(false);
});

it('stops the child processes of a service with it', async () => {
  await supervise('helper');
  const { pid } = await until('health', ({ healthy }) => healthy);
  await supervisor.stop();
  await waitUntil(() => !groupExists(pid ?? 0), { what: 'the child process to exit', deadlineMs: 5_000 });
});

function groupExists(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
}
