import { FatalError } from '@pugmark/domain';
import { HealthServer, type HealthChecks } from './health';
import type { ServiceConfig } from './config';
import { createLogger, type Logger } from './logger';
import { createMetrics, type Registry } from './metrics';
import { settleHeap } from './settle-heap';

/** Code of a FatalError for work that hangs: a thread that waits for a disk may never return. */
export const HANDLER_STALLED = 'handler_stalled';

/** Parts of a running service that its life cycle needs. */
export interface RunningService {
  readonly checks: HealthChecks;
  /** Takes no new work, finishes or returns what it holds, closes its connections. */
  drain(): Promise<void>;
}

export interface ServiceContext<Config> {
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: Registry;
  /** Aborted when the service is requested to end. */
  readonly signal: AbortSignal;
  /** Drains and exits with code 1: for faults that only a restart can fix. */
  fail(error: unknown): void;
}

/**
 * Runs a service: config, logger, health server, start, and a drain under `SHUTDOWN_TIMEOUT_MS` on SIGTERM or SIGINT.
 * Exit code 0 after a requested drain, 1 otherwise; ends by SIGKILL when work hangs. The health server listens before
 * `start`, so that a service that hangs while starting shows as unready, not absent.
 */
export async function runService<Config extends ServiceConfig>(
  name: string,
  load: () => Config,
  start: (context: ServiceContext<Config>) => Promise<RunningService>,
): Promise<void> {
  let config: Config;
  try {
    config = load();
  } catch (error) {
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }

  const logger = createLogger(name, config);
  const metrics = createMetrics(name);
  const stop = new AbortController();
  let service: RunningService | undefined;
  let ending = false;
  let hangs = false;

  const exit = (exitCode: number): void => {
    // `process.exit` waits for the threads of libuv, of which one may wait for a disk or a network mount for ever.
    if (hangs) process.kill(process.pid, 'SIGKILL');
    process.exit(exitCode);
  };
  const end = (reason: string, exitCode: number): void => {
    if (ending) return;
    ending = true;
    logger.info({ reason }, 'draining');
    stop.abort();
    // Not cleared: the process must end even if the drain hangs.
    setTimeout(() => {
      logger.warn(
        { deadlineMs: config.SHUTDOWN_TIMEOUT_MS },
        'the drain did not finish in time; unfinished work is left to other workers',
      );
      hangs = true;
      exit(1);
    }, config.SHUTDOWN_TIMEOUT_MS).unref();
    void (service?.drain() ?? Promise.resolve())
      .then(() => health.close())
      .then(
        () => {
          logger.info('stopped');
          exit(exitCode);
        },
        (err: unknown) => {
          logger.error({ err }, 'the drain failed');
          exit(1);
        },
      );
  };
  const fail = (err: unknown): void => {
    if (err instanceof FatalError && err.code === HANDLER_STALLED) hangs = true;
    logger.fatal({ err }, err instanceof FatalError ? err.message : 'the service cannot continue');
    end('failure', 1);
  };

  const started = (): void => {
    if (ending) throw new Error('draining');
    if (service === undefined) throw new Error('starting');
  };
  const health = new HealthServer(
    () => ({ live: service?.checks.live ?? {}, ready: { ...service?.checks.ready, started } }),
    metrics,
  );

  process.on('SIGTERM', () => end('SIGTERM', 0));
  process.on('SIGINT', () => end('SIGINT', 0));
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  if (config.PUGMARK_PARENT_WATCH === '1') {
    process.stdin
      .on('end', () => end('the launcher has exited', 0))
      .on('error', () => end('the launcher has exited', 0));
    process.stdin.resume();
  }

  try {
    const port = await health.listen(config.HOST, config.HEALTH_PORT);
    logger.info({ host: config.HOST, healthPort: port }, 'starting');
    service = await start({ config, logger, metrics, signal: stop.signal, fail });
    settleHeap(config.HEAP_GROWTH_PERCENT);
    if (!ending) logger.info('started');
  } catch (error) {
    fail(error);
  }
}
