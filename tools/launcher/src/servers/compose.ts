import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '@pugmark/domain';
import { CommandError } from '@pugmark/toolkit';
import type { ServerContext, ServerKey, ServerUrls, StartedServer } from './server-context';
import { readState, writeState } from './state-file';

const execute = promisify(execFile);
const ASK_DEADLINE_MS = 8_000;
/** Long enough to download the images. */
const UP_DEADLINE_MS = 10 * 60_000;
const STOP_DEADLINE_MS = 60_000;

interface ComposeState {
  readonly password: string;
  readonly ports: Readonly<Record<string, number>>;
}

const PORTS_OF: Readonly<Record<ServerKey, readonly string[]>> = {
  postgres: ['postgres'],
  rabbitmq: ['amqp', 'management'],
  redis: ['redis'],
};

/** Whether a container engine with Compose is running. */
export async function isComposeAvailable(): Promise<boolean> {
  try {
    await execute('docker', ['info', '--format', '{{.ServerVersion}}'], { timeout: ASK_DEADLINE_MS });
    await execute('docker', ['compose', 'version'], { timeout: ASK_DEADLINE_MS });
    return true;
  } catch {
    // Not installed, not running, or not permitted for this user.
    return false;
  }
}

/** Runs the given servers in containers of a Compose project of this instance; data are in named volumes. */
export async function startWithCompose(
  root: string,
  services: readonly ServerKey[],
  context: ServerContext,
): Promise<StartedServer> {
  const stateFile = join(context.folder, 'compose.json');
  const before = readState<ComposeState>(stateFile);
  const compose = (args: readonly string[], env: NodeJS.ProcessEnv, timeout: number): Promise<unknown> =>
    execute(
      'docker',
      ['compose', '-p', `pugmark-${context.instance}`, '-f', join(root, 'deploy', 'compose.services.yaml'), ...args],
      {
        env: { ...context.environment, ...env },
        timeout,
        maxBuffer: 16 * 1024 * 1024,
        ...(context.signal && args[0] === 'up' ? { signal: context.signal } : {}),
      },
    );

  // Containers of a killed launcher hold their ports. They are stopped and started again on the chosen ones.
  const settings = (state: ComposeState): NodeJS.ProcessEnv => ({
    PUGMARK_SERVICES_PASSWORD: state.password,
    ...Object.fromEntries(
      ['postgres', 'amqp', 'management', 'redis'].map((name) => [
        `PUGMARK_${name.toUpperCase()}_PORT`,
        String(state.ports[name] ?? 0),
      ]),
    ),
  });
  const password = before.password ?? randomBytes(18).toString('hex');
  await compose(['stop', ...services], settings({ password, ports: before.ports ?? {} }), STOP_DEADLINE_MS).catch(
    () => undefined,
  );
  const ports: Record<string, number> = { ...before.ports };
  for (const name of services.flatMap((service) => PORTS_OF[service])) {
    ports[name] = await context.ports.keep(before.ports?.[name], (preferred, port) =>
      context.log(`${name}: port ${preferred} is taken by another program; using ${port}`),
    );
  }
  const state: ComposeState = { password, ports };
  writeState(stateFile, state);
  const env = settings(state);
  const stop = async (): Promise<void> => {
    await compose(['stop', ...services], env, STOP_DEADLINE_MS).catch((error: unknown) =>
      context.log(`containers not stopped: ${messageOf(error)}`),
    );
  };
  try {
    await compose(['up', '--detach', '--wait', '--wait-timeout', '240', ...services], env, UP_DEADLINE_MS);
  } catch (error) {
    await stop();
    const reason = messageOf(error).trim().split('\n').slice(-8).join('\n  ');
    throw new CommandError(`docker compose could not start ${services.join(', ')}: ${reason}`);
  }
  // A container is not a child process: without stop() it keeps running, and the next start stops it.
  return { urls: pick(composeUrls(state), services), stop, kill: () => undefined };
}

function composeUrls({ password, ports }: ComposeState): ServerUrls {
  const login = `pugmark:${password}@127.0.0.1`;
  return {
    databaseUrl: `postgres://${login}:${ports['postgres']}/pugmark`,
    rabbitmqUrl: `amqp://${login}:${ports['amqp']}`,
    rabbitmqManagementUrl: `http://${login}:${ports['management']}`,
    redisUrl: `redis://:${password}@127.0.0.1:${ports['redis']}`,
  };
}

function pick(urls: ServerUrls, services: readonly ServerKey[]): Partial<ServerUrls> {
  return {
    ...(services.includes('postgres') ? { databaseUrl: urls.databaseUrl } : {}),
    ...(services.includes('rabbitmq')
      ? { rabbitmqUrl: urls.rabbitmqUrl, rabbitmqManagementUrl: urls.rabbitmqManagementUrl }
      : {}),
    ...(services.includes('redis') ? { redisUrl: urls.redisUrl } : {}),
  };
}
