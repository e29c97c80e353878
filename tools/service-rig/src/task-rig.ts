import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Ports, ServerUrls } from '@pugmark/launcher';
import { RigProcess } from './rig-process';

export interface RigOptions {
  readonly root: string;
  /** Folder for storage and logs. */
  readonly folder: string;
  readonly ports: Ports;
  readonly environment: NodeJS.ProcessEnv;
}

/** Creates processes of the real bundles, each of which can be disturbed on its own, and workers without work. */
export class RigFactory {
  readonly #options: RigOptions;

  constructor(options: RigOptions) {
    this.#options = options;
    mkdirSync(join(options.folder, 'storage'), { recursive: true });
  }

  /** Creates a process of one of the apps. */
  async app(
    name: 'gateway' | 'ingest' | 'ml-worker' | 'export-worker' | 'watchdog',
    urls: ServerUrls,
    env: NodeJS.ProcessEnv = {},
    label: string = name,
  ): Promise<RigProcess> {
    const { root, ports } = this.#options;
    const own = name === 'gateway' ? { PORT: String(await ports.pick()) } : {};
    return this.#process(label, name, join(root, 'apps', name, 'dist', 'bundle', 'main.js'), urls, { ...own, ...env });
  }

  /** Creates an ml-worker without engines: its work takes no time and has no result. */
  worker(label: string, urls: ServerUrls, env: NodeJS.ProcessEnv = {}): Promise<RigProcess> {
    return this.#process(
      label,
      'ml-worker',
      join(this.#options.root, 'tools', 'service-rig', 'dist', 'bundle', 'rig-worker.child.js'),
      urls,
      env,
    );
  }

  async #process(
    name: string,
    service: string,
    script: string,
    urls: ServerUrls,
    env: NodeJS.ProcessEnv,
  ): Promise<RigProcess> {
    const { folder, ports, environment } = this.#options;
    const healthPort = await ports.pick();
    return new RigProcess({
      name,
      service,
      script,
      healthPort,
      logFile: join(folder, 'logs', `${name}.log`),
      env: {
        ...environment,
        DATABASE_URL: urls.databaseUrl,
        RABBITMQ_URL: urls.rabbitmqUrl,
        RABBITMQ_MANAGEMENT_URL: urls.rabbitmqManagementUrl,
        REDIS_URL: urls.redisUrl,
        STORAGE_DIR: join(folder, 'storage'),
        MODELS_DIR: join(folder, 'models'),
        INGEST_ROOTS: folder,
        HEALTH_PORT: String(healthPort),
        HOST: '127.0.0.1',
        LOG_FORMAT: 'json',
        NODE_ENV: 'production',
        PUGMARK_PARENT_WATCH: '1',
        ...env,
      },
    });
  }
}
