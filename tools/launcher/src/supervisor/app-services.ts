import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceName } from '@pugmark/contracts';
import { tensorflowDir } from '@pugmark/tensorflow';
import { CommandError } from '@pugmark/toolkit';
import type { Ports } from '../processes/ports';
import type { ServerUrls } from '../servers/server-context';
import type { ServiceSpec } from './supervised-service';

export const APPS = [
  'gateway',
  'ingest',
  'ml-worker',
  'export-worker',
  'watchdog',
] as const satisfies readonly ServiceName[];

export interface AppOptions {
  readonly root: string;
  /** `.pugmark/<instance>` */
  readonly folder: string;
  readonly urls: ServerUrls;
  readonly gatewayPort: number;
  /** Stored by the gateway when it starts. */
  readonly adminKey: string;
  /** Folders from which images may be ingested. */
  readonly ingestRoots: readonly string[];
  readonly ports: Ports;
  /** The user's environment: ML_ENGINE, ML_PROCESSES, LOG_LEVEL and other settings of services pass through. */
  readonly environment: NodeJS.ProcessEnv;
}

/** Describes how each of Pugmark's services runs on one machine. */
export async function appServices(options: AppOptions): Promise<readonly ServiceSpec[]> {
  const common = commonEnvironment(options);
  const specs: ServiceSpec[] = [];
  for (const name of APPS) {
    const script = join(options.root, 'apps', name, 'dist', 'bundle', 'main.js');
    if (!existsSync(script)) throw new CommandError(`${name} is not built: ${script} is missing; run npm run build`);
    const healthPort = await options.ports.pick();
    specs.push({
      name,
      script,
      cwd: options.root,
      env: {
        ...common,
        HEALTH_PORT: String(healthPort),
        ...(name === 'gateway' ? { PORT: String(options.gatewayPort), ADMIN_KEY: options.adminKey } : {}),
      },
      healthPort,
      logFile: join(options.folder, 'logs', `${name}.log`),
    });
  }
  return specs;
}

function commonEnvironment({ root, environment, folder, urls, ingestRoots }: AppOptions): NodeJS.ProcessEnv {
  const storage = join(folder, 'storage');
  const models = join(folder, 'models');
  mkdirSync(storage, { recursive: true });
  mkdirSync(models, { recursive: true });
  return {
    ...environment,
    DATABASE_URL: urls.databaseUrl,
    RABBITMQ_URL: urls.rabbitmqUrl,
    // Undefined removes a variable of the user's shell, which would belong to another broker.
    RABBITMQ_MANAGEMENT_URL: urls.rabbitmqManagementUrl,
    REDIS_URL: urls.redisUrl,
    STORAGE_DIR: storage,
    INGEST_ROOTS: ingestRoots.join(':'),
    ML_ENGINE: environment['ML_ENGINE'] || 'auto',
    TENSORFLOW_DIR: environment['TENSORFLOW_DIR'] || tensorflowDir(root),
    MODELS_DIR: environment['MODELS_DIR'] || models,
    LOG_LEVEL: environment['LOG_LEVEL'] || 'info',
    LOG_FORMAT: 'json',
    HOST: '127.0.0.1',
    PUGMARK_PARENT_WATCH: '1',
    NODE_ENV: 'production',
    // Each of glibc's arenas keeps the memory that decoding an image needed.
    MALLOC_ARENA_MAX: '2',
  };
}
