import { hostname } from 'node:os';
import { Broker } from '@pugmark/broker';
import { NoCache, RedisCache, type Cache, type RateLimiters } from '@pugmark/cache';
import type { KindsOf, ServiceName, TaskKind } from '@pugmark/contracts';
import {
  RunControlRepository,
  TaskRepository,
  createDatabase,
  createLeaseStore,
  monitorClock,
  pingDatabase,
  type Database,
  type DatabaseTransaction,
} from '@pugmark/db';
import {
  backgroundLoop,
  createTaskMetrics,
  type HealthCheck,
  type RunningService,
  type ServiceConfig,
  type ServiceContext,
  type TaskMetrics,
} from '@pugmark/platform';
import {
  Dispatcher,
  ServiceWorkers,
  TaskWorker,
  type TaskHandler,
  type WorkersOf,
  type WorkStore,
} from '@pugmark/tasks';

/**
 * Phases of a drain, in order. Each phase waits for the one before it: no new work comes in, loops stop, workers finish
 * or return what they hold, connections close, and the database closes last, since everything else may still use it.
 */
const DRAIN_PHASES = ['intake', 'loops', 'workers', 'connections', 'database'] as const;

export type DrainPhase = (typeof DRAIN_PHASES)[number];

/** More than one: a reconciliation may take seconds, and notifications are published meanwhile. */
const DISPATCHER_CONNECTIONS = 3;

/** How a worker batches its tasks; see `TaskWorkerOptions`. */
export interface Batching {
  readonly batchSize: number;
  readonly batchDelayMs: number;
  readonly concurrency: number;
}

/** One task at a time per batch, without waiting for others. */
export const SINGLE_TASKS: Omit<Batching, 'concurrency'> = { batchSize: 1, batchDelayMs: 0 };

/**
 * The parts that services share: database, leases, broker, cache, task workers, dispatcher and background loops. Each
 * method opens a part and registers its health checks and its step of the drain, so that a `main.ts` only says which
 * parts its service has.
 */
export class ServiceRuntime<Name extends ServiceName, Config extends ServiceConfig> {
  readonly db: Database;
  readonly tasks: TaskRepository;
  /** Owner of this process's leases, for people to read. */
  readonly owner: string;
  readonly #name: Name;
  readonly #context: ServiceContext<Config>;
  readonly #live: Record<string, HealthCheck> = {};
  readonly #ready: Record<string, HealthCheck> = {};
  readonly #drainSteps = new Map<DrainPhase, (() => unknown)[]>();
  #taskMetrics: TaskMetrics | undefined;

  constructor(name: Name, context: ServiceContext<Config>) {
    const { config, logger, metrics } = context;
    this.#name = name;
    this.#context = context;
    this.owner = `${name}@${hostname()}/${process.pid}`;
    this.db = createDatabase({
      url: config.DATABASE_URL,
      applicationName: `pugmark-${name}`,
      poolSize: config.DATABASE_POOL_SIZE,
      statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
      onIdleError: this.#warnOfBrokenConnection,
      metrics,
    });
    this.tasks = new TaskRepository(this.db);
    this.onReady('postgres', () => pingDatabase(this.db));
    this.onDrain('database', () => this.db.destroy());
    const clock = monitorClock(this.db, metrics, logger);
    this.onDrain('loops', () => clock.stop());
  }

  /** Opens further connections to the database, for work that must not wait for those of `db`. */
  openDatabase(purpose: string, poolSize: number): Database {
    const { config } = this.#context;
    const db = createDatabase({
      url: config.DATABASE_URL,
      applicationName: `pugmark-${this.#name}-${purpose}`,
      poolSize,
      statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
      onIdleError: this.#warnOfBrokenConnection,
    });
    this.onDrain('database', () => db.destroy());
    return db;
  }

  /** Connects to RabbitMQ once started, by `startWorkers` or by the caller. */
  openBroker(): Broker {
    const { config, logger, metrics } = this.#context;
    const broker = new Broker({
      url: config.RABBITMQ_URL,
      managementUrl: config.RABBITMQ_MANAGEMENT_URL,
      service: this.#name,
      logger,
      metrics,
    });
    this.onReady('broker', () => broker.assertReady());
    this.onDrain('connections', () => broker.close());
    return broker;
  }

  /** Redis, or no cache without a URL. The service starts without waiting for it. */
  openCache({ REDIS_URL: url, REDIS_KEY_PREFIX: keyPrefix }: CacheConfig): Cache & RateLimiters {
    const { logger, metrics } = this.#context;
    if (url === undefined) return new NoCache();
    const cache = new RedisCache({ url, keyPrefix, logger, metrics });
    void cache.connect();
    this.onDrain('connections', () => cache.close());
    return cache;
  }

  /**
   * Starts one worker per task kind of the service, then the broker, which refuses to start while a queue has no
   * consumer. Work without progress for `stallLimitMs` is given back, and fails `/livez` until it has ended.
   */
  startWorkers(
    broker: Broker,
    { batching, stallLimitMs, store = this.tasks }: WorkerOptions,
    handlers: HandlersOf<Name>,
  ): void {
    const { config, logger, fail } = this.#context;
    const leases = createLeaseStore({
      url: config.DATABASE_URL,
      applicationName: `pugmark-${this.#name}-leases`,
      onIdleError: this.#warnOfBrokenConnection,
    });
    this.onDrain('database', () => leases.close());
    const start = <Result, Kind extends TaskKind>(handler: TaskHandler<DatabaseTransaction, Result, Kind>) =>
      new TaskWorker<DatabaseTransaction, Result, Kind>({
        handler,
        store,
        leases: leases.store,
        source: broker,
        owner: this.owner,
        ...batching,
        stallLimitMs,
        logger,
        metrics: this.#metricsOfTasks(),
        onFatal: fail,
      });
    const workers = Object.fromEntries(
      Object.entries(handlers as unknown as Record<string, TaskHandler<DatabaseTransaction, never>>).map(
        ([kind, handler]) => [kind, start(handler)],
      ),
    );
    const running = new ServiceWorkers(this.#name, workers as unknown as WorkersOf<Name>);
    this.onLive('work', () => running.assertMoving());
    this.onDrain('workers', () => running.drain());
    running.start();
    broker.start();
  }

  /**
   * Publishes notifications of due tasks, and reconciles tasks with their runs, over connections of its own: neither
   * does it wait for requests, nor they for it.
   */
  startDispatcher(broker: Broker): void {
    const db = this.openDatabase('dispatcher', DISPATCHER_CONNECTIONS);
    const dispatcher = new Dispatcher({
      store: new TaskRepository(db),
      runs: new RunControlRepository(db),
      publisher: broker,
      logger: this.#context.logger,
      metrics: this.#metricsOfTasks(),
    });
    dispatcher.start();
    this.onDrain('loops', () => dispatcher.stop());
  }

  /** Runs a background loop until the service drains; see `backgroundLoop`. */
  startLoop(name: string, runOnce: (signal: AbortSignal) => Promise<number>, maxBackoffMs?: number): void {
    const loop = backgroundLoop(name, this.#context.logger, runOnce, maxBackoffMs);
    this.onDrain('loops', () => loop.stop());
  }

  onLive(name: string, check: HealthCheck): void {
    this.#live[name] = check;
  }

  onReady(name: string, check: HealthCheck): void {
    this.#ready[name] = check;
  }

  /** Adds a step to a phase of the drain. The steps of a phase start in the order in which they were added. */
  onDrain(phase: DrainPhase, step: () => unknown): void {
    this.#drainSteps.set(phase, [...(this.#drainSteps.get(phase) ?? []), step]);
  }

  /** For the end of a `main.ts`: the health checks and the drain of everything that was opened. */
  running(): RunningService {
    return {
      checks: { live: this.#live, ready: this.#ready },
      drain: async () => {
        for (const phase of DRAIN_PHASES) await Promise.all((this.#drainSteps.get(phase) ?? []).map((step) => step()));
      },
    };
  }

  readonly #warnOfBrokenConnection = (err: Error): void =>
    this.#context.logger.warn({ err }, 'a database connection broke');

  #metricsOfTasks(): TaskMetrics {
    this.#taskMetrics ??= createTaskMetrics(this.#context.metrics);
    return this.#taskMetrics;
  }
}

/** The settings of a service that uses the cache. */
export interface CacheConfig {
  readonly REDIS_URL?: string;
  readonly REDIS_KEY_PREFIX: string;
}

export interface WorkerOptions {
  readonly batching: Batching;
  readonly stallLimitMs: number;
  /** Default: the tasks table. */
  readonly store?: WorkStore<DatabaseTransaction>;
}

/** One handler per task kind that the topology assigns to the service. */
export type HandlersOf<Name extends ServiceName> = {
  // A handler's result type is private to it.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly [Kind in KindsOf<Name>]: TaskHandler<DatabaseTransaction, any, Kind>;
};
