import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Pool } from 'pg';
import { TaskRepository, createDatabase, type Database } from '@pugmark/db';
import { Ports, type ServerUrls } from '@pugmark/launcher';
import { RigFactory, type RigProcess } from '@pugmark/service-rig';
import { createFaultDatabase, dropFaultDatabase } from './fault-database';
import type { FaultServers } from './fault-servers';
import { ImageRun, writeImage } from './image-run';
import { AmqpProxy } from './proxy/amqp-proxy';
import { TcpProxy } from './proxy/tcp-proxy';

export interface FaultRigOptions {
  readonly servers: FaultServers;
  readonly root: string;
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** Environment of the services under test, by process. */
export type FaultRigSettings = Readonly<Partial<Record<'gateway' | 'worker-a' | 'worker-b', NodeJS.ProcessEnv>>>;

interface Connected {
  readonly process: RigProcess;
  readonly amqp: AmqpProxy;
  readonly postgres: TcpProxy;
}

export const WORKERS = ['worker-a', 'worker-b'] as const;

/** At most two hundred images per second and worker: batches that take long enough to be struck in the middle. */
const WORKER: NodeJS.ProcessEnv = {
  ML_ENGINE: 'null',
  ML_PROCESSES: '1',
  ML_NULL_IMAGE_MS: '5',
  ML_BATCH: '16',
};

/**
 * A gateway, which publishes notifications, two ml-workers with the engine `null`, and the watchdog, on a database and
 * a virtual host of their own; each process connects to RabbitMQ and Postgres through proxies of its own.
 */
export class FaultRig {
  readonly servers: FaultServers;
  readonly signal: AbortSignal;
  /** Holds the folders `storage` and `models` of the services. */
  readonly folder: string;
  readonly database: Database;
  /** Bypasses the proxies: for what the test itself queries and creates. */
  readonly pool: Pool;
  readonly #factory: RigFactory;
  readonly #name: string;
  readonly #image: string;
  readonly #connected = new Map<string, Connected>();
  readonly #cleanups: (() => Promise<unknown>)[] = [];

  private constructor(options: FaultRigOptions, name: string, url: string, image: string) {
    const { servers, root, folder, environment, signal } = options;
    this.servers = servers;
    this.signal = signal;
    this.folder = folder;
    this.#name = name;
    this.#image = image;
    this.#factory = new RigFactory({
      root,
      folder,
      ports: new Ports(),
      environment: { PATH: environment['PATH'], LOG_LEVEL: 'info' },
    });
    this.pool = new Pool({ connectionString: url, max: 3, connectionTimeoutMillis: 5_000, query_timeout: 20_000 });
    this.pool.on('error', () => undefined);
    this.database = createDatabase({ url, applicationName: 'pugmark-faults', poolSize: 2 });
  }

  static async create(options: FaultRigOptions, settings: FaultRigSettings = {}): Promise<FaultRig> {
    const name = `faults_${randomBytes(5).toString('hex')}`;
    const url = await createFaultDatabase(options.servers.databaseUrl, name);
    const rig = new FaultRig(options, name, url, await writeImage(options.folder));
    await rig.manage('PUT', '/vhosts/{vhost}', {});
    await rig.manage('PUT', `/permissions/{vhost}/${new URL(options.servers.rabbitmqUrl).username}`, {
      configure: '.*',
      write: '.*',
      read: '.*',
    });
    await rig.add('gateway', (label, urls) => rig.#factory.app('gateway', urls, settings.gateway, label));
    for (const name of WORKERS)
      await rig.add(name, (label, urls) =>
        rig.#factory.app('ml-worker', urls, { ...WORKER, ...settings[name] }, label),
      );
    await rig.add('watchdog', (label, urls) => rig.#factory.app('watchdog', urls, {}, label));
    return rig;
  }

  get processes(): readonly RigProcess[] {
    return [...this.#connected.values()].map(({ process }) => process);
  }

  get allAmqp(): readonly AmqpProxy[] {
    return [...this.#connected.values()].map(({ amqp }) => amqp);
  }

  get allPostgres(): readonly TcpProxy[] {
    return [...this.#connected.values()].map(({ postgres }) => postgres);
  }

  process(name: string): RigProcess {
    return this.#of(name).process;
  }

  amqp(name: string): AmqpProxy {
    return this.#of(name).amqp;
  }

  postgres(name: string): TcpProxy {
    return this.#of(name).postgres;
  }

  /** Adds a process of an app, without starting it. */
  async addApp(label: string, app: 'gateway' | 'export-worker', env: NodeJS.ProcessEnv = {}): Promise<RigProcess> {
    await this.add(label, (name, urls) => this.#factory.app(app, urls, env, name));
    return this.process(label);
  }

  async startAll(): Promise<void> {
    for (const process of this.processes) process.start();
    await Promise.all(this.processes.map((process) => process.ready(this.signal)));
  }

  /** AMQP URL of the rig's virtual host, bypassing the proxies. */
  get amqpUrl(): string {
    return withPath(this.servers.rabbitmqUrl, this.#name);
  }

  /** Calls RabbitMQ's management API below `/api`; `{vhost}` is the rig's. */
  async manage(method: string, path: string, body?: object): Promise<void> {
    const { origin, username, password } = new URL(this.servers.rabbitmqManagementUrl);
    const response = await fetch(`${origin}/api${path.replaceAll('{vhost}', this.#name)}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  }

  /** Returns the column `n` of the first row. */
  async count(query: string, ...values: unknown[]): Promise<number> {
    const { rows } = await this.pool.query<{ n: number }>(query, values);
    return Number(rows[0]?.n ?? 0);
  }

  tasksDone(): Promise<number> {
    return this.count("select count(*)::int as n from tasks where state = 'done'");
  }

  /** Starts a run of the default model, or of the named one. */
  startRun(model?: string): Promise<ImageRun> {
    return ImageRun.start(this.pool, this.#image, model);
  }

  get tasks(): TaskRepository {
    return new TaskRepository(this.database);
  }

  /** Registers a function that `stop` calls in any case. */
  onStop(cleanup: () => Promise<unknown>): void {
    this.#cleanups.push(cleanup);
  }

  async stop(): Promise<void> {
    for (const { amqp, postgres } of this.#connected.values())
      for (const proxy of [amqp, postgres]) {
        proxy.restore();
        proxy.resume();
      }
    // Killed processes have exited; hanging ones are killed after their deadline.
    await Promise.allSettled(this.processes.map((process) => process.stop()));
    for (const cleanup of this.#cleanups) await cleanup();
    await Promise.allSettled(
      [...this.#connected.values()].flatMap(({ amqp, postgres }) => [amqp.close(), postgres.close()]),
    );
    await Promise.allSettled([this.pool.end(), this.database.destroy()]);
    await this.manage('DELETE', '/vhosts/{vhost}');
    await dropFaultDatabase(this.servers.databaseUrl, this.#name);
  }

  private async add(name: string, make: (name: string, urls: ServerUrls) => Promise<RigProcess>): Promise<void> {
    const amqp = await AmqpProxy.listen(addressOf(this.servers.rabbitmqUrl));
    const postgres = await TcpProxy.listen(addressOf(this.servers.databaseUrl));
    const process = await make(name, {
      rabbitmqUrl: withPort(this.amqpUrl, amqp.port),
      databaseUrl: withPort(withPath(this.servers.databaseUrl, this.#name), postgres.port),
      rabbitmqManagementUrl: this.servers.rabbitmqManagementUrl,
      redisUrl: this.servers.redisUrl,
    });
    this.#connected.set(name, { process, amqp, postgres });
  }

  #of(name: string): Connected {
    const found = this.#connected.get(name);
    if (found === undefined) throw new Error(`the rig has no ${name}`);
    return found;
  }
}

/** Environment that loads a wrong clock into a service. */
export function shiftedClock(root: string, offsetMs: number): NodeJS.ProcessEnv {
  return {
    NODE_OPTIONS: `--require=${join(root, 'tools', 'service-rig', 'src', 'shift-clock.cjs')}`,
    RIG_CLOCK_OFFSET_MS: String(offsetMs),
  };
}

function addressOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

function withPath(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

function withPort(url: string, port: number): string {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.href;
}
