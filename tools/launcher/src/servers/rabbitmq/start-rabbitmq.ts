import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { messageOf } from '@pugmark/domain';
import { CommandError, type StopOptions } from '@pugmark/toolkit';
import { lastLines, ServerProcess, stopLeftover } from '../../processes/server-process';
import { baseEnvironment } from '../base-environment';
import type { ServerContext, StartedServer } from '../server-context';
import { readState, writeState } from '../state-file';
import type { RabbitmqBinaries } from './find-rabbitmq';
import { PORT_NAMES, writeRabbitmqFiles, type RabbitmqPorts, type RabbitmqState } from './rabbitmq-files';

/** Makes the Erlang VM stop RabbitMQ in order. */
const STOP: StopOptions = { signal: 'SIGTERM', deadlineMs: 25_000 };
const STOP_EPMD: StopOptions = { signal: 'SIGTERM', deadlineMs: 5_000 };
const START_DEADLINE_MS = 180_000;

/**
 * Starts a private RabbitMQ with management and Prometheus plugins on 127.0.0.1, independent of any other on the
 * machine.
 */
export async function startRabbitmq(binaries: RabbitmqBinaries, context: ServerContext): Promise<StartedServer> {
  const folder = join(context.folder, 'rabbitmq');
  const logs = join(context.folder, 'logs');
  const pidFile = join(folder, 'server.pid');
  const epmdPidFile = join(folder, 'epmd.pid');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  mkdirSync(logs, { recursive: true });
  if (await stopLeftover(pidFile, folder, STOP))
    context.log('RabbitMQ: stopped the server that an earlier launcher left behind');
  await stopLeftover(epmdPidFile, folder, STOP_EPMD);

  const state = await chooseState(join(context.folder, 'rabbitmq.json'), context);
  const env = {
    ...baseEnvironment(context.environment, join(folder, 'home')),
    ...writeRabbitmqFiles(folder, logs, state),
  };
  const common = { folder, env, log: context.log };
  const epmd = ServerProcess.start({
    ...common,
    name: "RabbitMQ's port mapper (epmd)",
    command: binaries.epmd,
    args: ['-port', String(state.ports.epmd), '-address', '127.0.0.1'],
    logFile: join(logs, 'rabbitmq-epmd.log'),
    pidFile: epmdPidFile,
    stop: STOP_EPMD,
  });
  let server: ServerProcess | undefined;
  const stop = async (): Promise<void> => {
    await server?.stop();
    // Last, because the node deregisters there.
    await epmd.stop();
  };
  try {
    await epmd.ready({ check: () => acceptsConnections(state.ports.epmd), deadlineMs: 15_000, signal: context.signal });
    server = ServerProcess.start({
      ...common,
      name: 'RabbitMQ',
      command: binaries.server,
      args: [],
      logFile: join(logs, 'rabbitmq-console.log'),
      pidFile,
      stop: STOP,
    });
    // It is needed by the server's own commands only, and answers nothing that could be checked.
    await epmd.ready({ check: () => Promise.resolve(true), deadlineMs: 1_000, signal: context.signal });
    await server.ready({ check: () => isReady(state), deadlineMs: START_DEADLINE_MS, signal: context.signal });
  } catch (error) {
    await stop();
    if (context.signal?.aborted || server === undefined) throw error;
    const log = join(logs, 'rabbitmq.log');
    throw new CommandError(`${messageOf(error)}\nMore in ${log}, which${lastLines(log, 4)}`);
  }
  const login = `${state.user}:${state.password}@127.0.0.1`;
  return {
    urls: {
      rabbitmqUrl: `amqp://${login}:${state.ports.amqp}`,
      rabbitmqManagementUrl: `http://${login}:${state.ports.management}`,
    },
    stop,
    kill: () => {
      server?.kill();
      epmd.kill();
    },
  };
}

async function chooseState(file: string, context: ServerContext): Promise<RabbitmqState> {
  const before = readState<RabbitmqState>(file);
  const ports: Record<keyof RabbitmqPorts, number> = {
    amqp: 0,
    management: 0,
    prometheus: 0,
    distribution: 0,
    epmd: 0,
  };
  for (const name of PORT_NAMES) {
    ports[name] = await context.ports.keep(before.ports?.[name], (preferred, port) =>
      context.log(`RabbitMQ: port ${preferred} (${name}) is taken by another program; using ${port}`),
    );
  }
  const state: RabbitmqState = {
    node: before.node ?? `pugmark-${randomBytes(4).toString('hex')}@localhost`,
    user: before.user ?? 'pugmark',
    password: before.password ?? randomBytes(18).toString('hex'),
    ports,
  };
  writeState(file, state);
  return state;
}

/** Checks both: the AMQP port opens before the management API answers. */
async function isReady({ user, password, ports }: RabbitmqState): Promise<boolean> {
  if (!(await acceptsConnections(ports.amqp))) return false;
  const response = await fetch(`http://127.0.0.1:${ports.management}/api/overview`, {
    headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
    signal: AbortSignal.timeout(3_000),
  });
  await response.arrayBuffer();
  return response.ok;
}

function acceptsConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const end = (accepted: boolean): void => {
      socket.destroy();
      resolve(accepted);
    };
    socket.setTimeout(1_000, () => end(false));
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}
