import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError, type Log } from '@pugmark/toolkit';
import { takeLauncherLock } from '../processes/launcher-lock';
import { Ports } from '../processes/ports';
import { isComposeAvailable, startWithCompose } from './compose';
import { requireDiskSpace } from './disk-space';
import { urlsFromEnvironment } from './environment-urls';
import { FORMULAE, installPackages, mayInstallPackages, PACKAGES } from './install-packages';
import { findPostgres } from './postgres/find-postgres';
import { startPostgres } from './postgres/start-postgres';
import { findRabbitmq } from './rabbitmq/find-rabbitmq';
import { startRabbitmq } from './rabbitmq/start-rabbitmq';
import { findRedis, startRedis } from './redis/start-redis';
import {
  SERVER_NAMES,
  SERVERS,
  type ServerContext,
  type ServerKey,
  type ServerUrls,
  type StartedServer,
} from './server-context';
import { writeState } from './state-file';

export interface StartServersOptions {
  /** `main` or `test`: each has servers, data and ports of its own. */
  readonly instance: string;
  /** `.pugmark` */
  readonly dir: string;
  /** The workspace, where `deploy/` is. */
  readonly root: string;
  readonly log: Log;
  readonly environment?: NodeJS.ProcessEnv;
  /**
   * Prefix of DATABASE_URL and the others: tests must never run on a database that the user's shell names for real
   * work.
   */
  readonly variablePrefix?: string;
  readonly signal?: AbortSignal | undefined;
}

/** The requested servers; the URLs of others are undefined. */
export interface SelectedServers extends Partial<ServerUrls> {
  /** Stops what was started here, in order; servers from the environment keep running. */
  stop(): Promise<void>;
  /** Kills what was started here, without waiting for it to stop. */
  kill(): void;
}

export type RunningServers = SelectedServers & ServerUrls;

/** Provides Postgres, RabbitMQ and Redis: those of the environment, else private ones, else containers. */
export async function startServers(options: StartServersOptions): Promise<RunningServers> {
  const running = await startSelectedServers(SERVERS, options);
  return { ...running, ...requireAll(running) };
}

/** The same for some of the servers. */
export async function startSelectedServers(
  selected: readonly ServerKey[],
  options: StartServersOptions,
): Promise<SelectedServers> {
  const { log, environment = process.env, signal } = options;
  const given = urlsFromEnvironment(environment, options.variablePrefix);
  const toStart = selected.filter((server) => !isGiven(server, given));
  for (const service of selected.filter((key) => !toStart.includes(key)))
    log(`${SERVER_NAMES[service]}: as given in the environment`);
  if (toStart.length === 0) return running(given, [], () => undefined);

  const folder = join(options.dir, options.instance);
  requireDiskSpace(folder);
  const unlock = takeLauncherLock(join(folder, 'launcher.json'));
  // The first failure also ends the wait for the others.
  const failed = new AbortController();
  const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const context: ServerContext = {
    instance: options.instance,
    folder,
    ports: new Ports(),
    log,
    environment,
    signal: either,
  };
  try {
    const inContainers = await provide(toStart, log, signal);
    const alone = toStart.filter((service) => !inContainers.includes(service));
    const starts: Promise<StartedServer>[] = [
      ...alone.map((service) => timed(SERVER_NAMES[service], log, () => startPrivate(service, context))),
      ...(inContainers.length > 0
        ? [timed('containers', log, () => startWithCompose(options.root, inContainers, context))]
        : []),
    ];
    const started = await allOrNone(starts, failed);
    const urls: Partial<ServerUrls> = { ...given, ...Object.assign({}, ...started.map(({ urls: some }) => some)) };
    // The command `pugmark` reads it to find the running instance.
    const connections = join(folder, 'connections.json');
    writeState(connections, urls);
    return running(urls, started, () => {
      rmSync(connections, { force: true });
      unlock();
    });
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Installs what is missing. Returns those servers that are to run in containers. */
async function provide(
  toStart: readonly ServerKey[],
  log: Log,
  signal: AbortSignal | undefined,
): Promise<readonly ServerKey[]> {
  const missing = toStart.filter((service) => !isInstalled(service));
  if (missing.length === 0) return [];
  if (await isComposeAvailable()) return missing;
  if (mayInstallPackages()) {
    await installPackages(missing, log, signal);
    const still = missing.filter((service) => !isInstalled(service));
    if (still.length === 0) return [];
    const names = still.map((server) => SERVER_NAMES[server]).join(', ');
    throw new CommandError(`installed, but its programs are not where Debian puts them: ${names}`);
  }
  const names = missing.map((service) => SERVER_NAMES[service]).join(', ');
  const debian = missing.map((service) => PACKAGES[service]).join(' ');
  const homebrew = missing.map((server) => FORMULAE[server]).join(' ');
  throw new CommandError(
    `missing: ${names}. Install (Debian, Ubuntu: sudo apt-get install ${debian}; macOS: brew install ${homebrew}), ` +
      'or start Docker, or set DATABASE_URL, RABBITMQ_URL and REDIS_URL',
  );
}

function isInstalled(service: ServerKey): boolean {
  return {
    postgres: () => findPostgres().length > 0,
    rabbitmq: () => findRabbitmq() !== null,
    redis: () => findRedis() !== null,
  }[service]();
}

async function startPrivate(service: ServerKey, context: ServerContext): Promise<StartedServer> {
  if (service === 'postgres') return startPostgres(findPostgres(), context);
  const binaries = service === 'rabbitmq' ? findRabbitmq() : null;
  if (binaries) return startRabbitmq(binaries, context);
  const redis = service === 'redis' ? findRedis() : null;
  if (redis) return startRedis(redis, context);
  throw new CommandError(`${SERVER_NAMES[service]} is not installed any more`);
}

async function timed(name: string, log: Log, start: () => Promise<StartedServer>): Promise<StartedServer> {
  const began = performance.now();
  const service = await start();
  log(`${name}: ready after ${((performance.now() - began) / 1000).toFixed(1)} s`);
  return service;
}

/** Resolves with all of them; at the first failure, stops those that did start and rejects. */
async function allOrNone(
  starts: readonly Promise<StartedServer>[],
  failed: AbortController,
): Promise<readonly StartedServer[]> {
  let failure: unknown;
  const results = await Promise.allSettled(
    starts.map((start) =>
      start.catch((error: unknown) => {
        failure ??= error;
        failed.abort();
        throw error;
      }),
    ),
  );
  const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  if (failure === undefined) return started;
  await Promise.allSettled(started.map((service) => service.stop()));
  throw failure;
}

function running(urls: Partial<ServerUrls>, started: readonly StartedServer[], unlock: () => void): SelectedServers {
  return {
    ...urls,
    stop: async () => {
      await Promise.allSettled(started.map((service) => service.stop()));
      unlock();
    },
    kill: () => {
      for (const service of started) service.kill();
      unlock();
    },
  };
}

function requireAll(urls: Partial<ServerUrls>): ServerUrls {
  const { databaseUrl, rabbitmqUrl, rabbitmqManagementUrl, redisUrl } = urls;
  if (databaseUrl === undefined || rabbitmqUrl === undefined || redisUrl === undefined)
    throw new Error('a server has no URL');
  return { databaseUrl, rabbitmqUrl, rabbitmqManagementUrl, redisUrl };
}

function isGiven(service: ServerKey, urls: Partial<ServerUrls>): boolean {
  return { postgres: urls.databaseUrl, rabbitmq: urls.rabbitmqUrl, redis: urls.redisUrl }[service] !== undefined;
}
