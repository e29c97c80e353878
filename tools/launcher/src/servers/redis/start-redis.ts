import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { ServerProcess, stopLeftover } from '../../processes/server-process';
import { findOnPath, type StopOptions } from '@pugmark/toolkit';
import { baseEnvironment } from '../base-environment';
import type { ServerContext, StartedServer } from '../server-context';
import { readState, writeState } from '../state-file';

interface RedisState {
  readonly port: number;
  readonly password: string;
}

const STOP: StopOptions = { signal: 'SIGTERM', deadlineMs: 5_000 };
const START_DEADLINE_MS = 20_000;

/** Some distributions ship Valkey instead. */
export function findRedis(): string | null {
  return findOnPath(['redis-server', 'valkey-server']);
}

/** Starts a private Redis. It is a cache, so nothing is written to disk. */
export async function startRedis(binary: string, context: ServerContext): Promise<StartedServer> {
  const folder = join(context.folder, 'redis');
  const stateFile = join(context.folder, 'redis.json');
  const pidFile = join(folder, 'server.pid');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (await stopLeftover(pidFile, folder, STOP))
    context.log('Redis: stopped the server that an earlier launcher left behind');

  const before = readState<RedisState>(stateFile);
  const state: RedisState = {
    port: await context.ports.keep(before.port, (preferred, port) =>
      context.log(`Redis: port ${preferred} is taken by another program; using ${port}`),
    ),
    password: before.password ?? randomBytes(18).toString('base64url'),
  };
  writeState(stateFile, state);
  const config = join(folder, 'redis.conf');
  writeFileSync(config, redisConfig(state, folder), { mode: 0o600 });

  const server = ServerProcess.start({
    name: 'Redis',
    command: binary,
    args: [config],
    folder,
    env: baseEnvironment(context.environment, folder),
    logFile: join(context.folder, 'logs', 'redis.log'),
    pidFile,
    stop: STOP,
    log: context.log,
  });
  try {
    await server.ready({ check: () => respondsToPing(state), deadlineMs: START_DEADLINE_MS, signal: context.signal });
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    urls: { redisUrl: `redis://:${state.password}@127.0.0.1:${state.port}` },
    stop: () => server.stop(),
    kill: () => server.kill(),
  };
}

export function redisConfig(state: RedisState, folder: string): string {
  return [
    `port ${state.port}`,
    'bind 127.0.0.1',
    `requirepass ${state.password}`,
    `dir "${folder.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`,
    'daemonize no',
    'save ""',
    'appendonly no',
    'maxmemory 256mb',
    'maxmemory-policy allkeys-lru',
    '',
  ].join('\n');
}

/** Sends PING itself: a port that accepts connections may still be loading, or be another program's. */
function respondsToPing({ port, password }: RedisState): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write(`AUTH ${password}\r\nPING\r\n`));
    let answer = '';
    const end = (): void => {
      socket.destroy();
      resolve(answer.includes('+PONG'));
    };
    socket.setTimeout(1_000, end);
    socket.on('error', end).on('close', end);
    socket.on('data', (data) => {
      answer += data.toString('latin1');
      if (answer.includes('+PONG') || answer.startsWith('-')) end();
    });
  });
}
