import { join } from 'node:path';
import {
  findPostgres,
  findRabbitmq,
  findRedis,
  Ports,
  rabbitmqctl,
  type ServerContext,
  type StartedServer,
  startPostgres,
  startRabbitmq,
  startRedis,
  takeLauncherLock,
} from '@pugmark/launcher';
import { CommandError, type Log } from '@pugmark/toolkit';

export interface FaultServersOptions {
  /** `.pugmark` */
  readonly dir: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly signal: AbortSignal;
}

type Name = 'postgres' | 'rabbitmq' | 'redis';

/**
 * Servers for faults: always private ones, whatever the environment names, because they are restarted, stopped and
 * starved.
 */
export class FaultServers {
  readonly #context: Omit<ServerContext, 'ports'>;
  readonly #binaries: ReturnType<typeof requireBinaries>;
  readonly #running = new Map<Name, StartedServer>();
  #unlock: () => void = () => undefined;

  private constructor(options: FaultServersOptions) {
    this.#binaries = requireBinaries();
    this.#context = {
      instance: 'faults',
      folder: join(options.dir, 'faults'),
      log: options.log,
      environment: options.environment,
      signal: options.signal,
    };
  }

  static async start(options: FaultServersOptions): Promise<FaultServers> {
    const servers = new FaultServers(options);
    servers.#unlock = takeLauncherLock(join(options.dir, 'faults', 'launcher.json'));
    const starts = await Promise.allSettled([servers.startPostgres(), servers.startRabbitmq(), servers.startRedis()]);
    const failed = starts.find((start) => start.status === 'rejected');
    if (failed?.status === 'rejected') {
      await servers.stop();
      throw failed.reason;
    }
    return servers;
  }

  /** Why these tests cannot run on this machine; null when they can. */
  static unavailableReason(): string | null {
    try {
      requireBinaries();
      return null;
    } catch (error) {
      return (error as Error).message;
    }
  }

  get databaseUrl(): string {
    return this.#url('postgres', 'databaseUrl');
  }

  get rabbitmqUrl(): string {
    return this.#url('rabbitmq', 'rabbitmqUrl');
  }

  get rabbitmqManagementUrl(): string {
    return this.#url('rabbitmq', 'rabbitmqManagementUrl');
  }

  get redisUrl(): string {
    return this.#url('redis', 'redisUrl');
  }

  async startPostgres(): Promise<void> {
    this.#running.set('postgres', await startPostgres(this.#binaries.postgres, this.#contextWithNewPorts()));
  }

  async startRabbitmq(): Promise<void> {
    this.#running.set('rabbitmq', await startRabbitmq(this.#binaries.rabbitmq, this.#contextWithNewPorts()));
  }

  async startRedis(): Promise<void> {
    this.#running.set('redis', await startRedis(this.#binaries.redis, this.#contextWithNewPorts()));
  }

  /** Stops a server in order, as an upgrade or a reboot would. It keeps its address. */
  async stopServer(name: Name): Promise<void> {
    await this.#running.get(name)?.stop();
  }

  rabbitmqctl(...args: string[]): Promise<string> {
    return rabbitmqctl(this.#binaries.rabbitmq, this.#context, args);
  }

  async stop(): Promise<void> {
    await Promise.allSettled([...this.#running.values()].map((server) => server.stop()));
    this.#unlock();
  }

  kill(): void {
    for (const server of this.#running.values()) server.kill();
    this.#unlock();
  }

  /** With new Ports each time: the previous one still reserves the server's port. */
  #contextWithNewPorts(): ServerContext {
    return { ...this.#context, ports: new Ports() };
  }

  #url(name: Name, key: keyof StartedServer['urls']): string {
    const url = this.#running.get(name)?.urls[key];
    if (url === undefined) throw new Error(`${name} was not started`);
    return url;
  }
}

function requireBinaries() {
  const [postgres, rabbitmq, redis] = [findPostgres(), findRabbitmq(), findRedis()];
  if (postgres.length === 0 || rabbitmq === null || redis === null) {
    throw new CommandError(
      'the fault tests restart and starve servers, so they need Postgres, RabbitMQ and Redis installed on this machine',
    );
  }
  return { postgres, rabbitmq, redis };
}
