import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { messageOf } from '@pugmark/domain';
import { UsageError } from './command';
import type { CliConfig } from './config';

export interface BrokerConnection {
  readonly rabbitmqUrl: string;
  readonly managementUrl: string | undefined;
  /** Host, port and virtual host, without the password. */
  readonly name: string;
}

/**
 * Finds the broker: from the environment, else of the instance that `npm start` (or demo) runs in this folder or a
 * parent. Throws a UsageError that says what to do when there is none.
 */
export function findBroker(config: CliConfig, instance: string, folder: string): BrokerConnection {
  const { RABBITMQ_URL, RABBITMQ_MANAGEMENT_URL } = config;
  if (RABBITMQ_URL !== undefined) return connection(RABBITMQ_URL, RABBITMQ_MANAGEMENT_URL);
  const running = readConnections(instance, folder);
  if (running === null) {
    throw new UsageError(
      `no broker is known: set RABBITMQ_URL and RABBITMQ_MANAGEMENT_URL, or run npm start (no instance '${instance}' runs from ${folder})`,
    );
  }
  return connection(running.rabbitmqUrl, running.rabbitmqManagementUrl);
}

export interface ApiOptions {
  /** Address given on the command line. */
  readonly url?: string | undefined;
  /** File that contains the key. */
  readonly keyFile?: string | undefined;
  readonly instance: string;
}

/**
 * Finds the API: from the command line, the environment, or the running instance. The key of the instance is sent only
 * to that instance.
 */
export function findApi(
  { PUGMARK_URL, PUGMARK_KEY }: CliConfig,
  { url, keyFile, instance }: ApiOptions,
  folder: string,
): { readonly url: string; readonly key: string | undefined } {
  const key = keyFile === undefined ? PUGMARK_KEY : readKey(resolve(folder, keyFile));
  const requested = url ?? PUGMARK_URL;
  if (requested !== undefined && !URL.canParse(requested))
    throw new UsageError(`--url takes an address such as http://localhost:8080, not '${requested}'`);
  if (requested !== undefined) return { url: requested, key };
  const running = readInstance<{ readonly url: string }>(instance, 'api.json', folder);
  if (running === null)
    throw new UsageError(
      `no gateway is known: give --url, or set PUGMARK_URL and PUGMARK_KEY, or run npm start (no instance '${instance}' runs from ${folder})`,
    );
  const own = join(running.workspace, '.pugmark', instance, 'admin-key');
  return { url: running.url, key: key ?? (existsSync(own) ? readKey(own) : undefined) };
}

function readKey(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new UsageError(`the key cannot be read: ${messageOf(error)}`);
  }
}

/** Finds database and models folder: from the environment, else of the running instance. */
export function findModelLocations(config: CliConfig, instance: string, folder: string): ModelLocations {
  const running = readConnections(instance, folder);
  const databaseUrl = config.DATABASE_URL ?? running?.databaseUrl;
  const modelsDir =
    config.MODELS_DIR ?? (running === null ? undefined : join(running.workspace, '.pugmark', instance, 'models'));
  if (databaseUrl === undefined || modelsDir === undefined) {
    throw new UsageError(
      `neither the database nor the models folder is known: set DATABASE_URL and MODELS_DIR, or run npm start (no instance '${instance}' runs from ${folder})`,
    );
  }
  return { databaseUrl, modelsDir };
}

export interface ModelLocations {
  readonly databaseUrl: string;
  readonly modelsDir: string;
}

/** Finds the TensorFlow folder of the workspace around the current folder; empty if there is none. */
export function findTensorflowDir(config: CliConfig, folder: string): string {
  if (config.TENSORFLOW_DIR !== undefined) return config.TENSORFLOW_DIR;
  for (let at = folder; ; at = dirname(at)) {
    const dir = join(at, '.pugmark', 'tensorflow');
    if (existsSync(dir)) return dir;
    if (dirname(at) === at) return '';
  }
}

interface Connections {
  readonly databaseUrl: string;
  readonly rabbitmqUrl: string;
  readonly rabbitmqManagementUrl?: string;
}

interface InWorkspace {
  /** The folder that holds `.pugmark`. */
  readonly workspace: string;
}

function readConnections(instance: string, folder: string): (Connections & InWorkspace) | null {
  return readInstance<Connections>(instance, 'connections.json', folder);
}

/**
 * Reads a file that the launcher writes for an instance that runs from this folder or a parent; null if there is none.
 */
function readInstance<T>(instance: string, file: string, folder: string): (T & InWorkspace) | null {
  for (let at = folder; ; at = dirname(at)) {
    try {
      return { ...(JSON.parse(readFileSync(join(at, '.pugmark', instance, file), 'utf8')) as T), workspace: at };
    } catch {
      // Not in this folder: tries its parent.
      if (dirname(at) === at) return null;
    }
  }
}

function connection(rabbitmqUrl: string, managementUrl: string | undefined): BrokerConnection {
  const { host, pathname } = new URL(rabbitmqUrl);
  return { rabbitmqUrl, managementUrl, name: `${host}${pathname === '/' ? '' : decodeURIComponent(pathname)}` };
}
