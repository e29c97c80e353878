import { hostname } from 'node:os';
import { Broker } from '@pugmark/broker';
import { NoCache, RedisCache } from '@pugmark/cache';
import {
  ExportRepository,
  TaskRepository,
  createDatabase,
  createLeaseStore,
  pingDatabase,
  watchClock,
} from '@pugmark/db';
import { backgroundLoop, createTaskMetrics, loadConfig, runService } from '@pugmark/platform';
import { ExportStorage } from '@pugmark/storage';
import { ServiceWorkers, TaskWorker } from '@pugmark/tasks';
import { ExportWorkerConfig } from './config';
import { ExportHandler } from './handlers/export.handler';
import { AnnouncingStore } from './services/announcing-store';
import { sweepAbandoned, sweepExpired } from './services/remove-expired-exports';

/** A page of rows takes milliseconds; an export that writes none for this long hangs. */
const STALL_LIMIT_MS = 300_000;
const ABANDONED_INTERVAL_MS = 3_600_000;

void runService(
  'export-worker',
  () => loadConfig(ExportWorkerConfig, process.env),
  async ({ config, logger, metrics, fail }) => {
    const onIdleError = (err: Error): void => logger.warn({ err }, 'a database connection broke');
    const db = createDatabase({
      url: config.DATABASE_URL,
      applicationName: 'pugmark-export-worker',
      poolSize: config.DATABASE_POOL_SIZE,
      statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
      onIdleError,
      metrics,
    });
    const cache =
      config.REDIS_URL === undefined
        ? new NoCache()
        : new RedisCache({ url: config.REDIS_URL, keyPrefix: config.REDIS_KEY_PREFIX, logger, metrics });
    const leases = createLeaseStore({
      url: config.DATABASE_URL,
      applicationName: 'pugmark-export-worker-leases',
      onIdleError,
    });
    const broker = new Broker({
      url: config.RABBITMQ_URL,
      managementUrl: config.RABBITMQ_MANAGEMENT_URL,
      service: 'export-worker',
      logger,
      metrics,
    });
    const exports = new ExportRepository();
    const files = new ExportStorage(config.STORAGE_DIR);
    const worker = new TaskWorker({
      handler: new ExportHandler({ db, exports, cache, logger }, files, {
        keepSeconds: config.EXPORT_KEEP_SECONDS,
        pageRows: config.EXPORT_PAGE_ROWS,
      }),
      store: new AnnouncingStore(new TaskRepository(db), cache),
      leases: leases.store,
      source: broker,
      owner: `export-worker@${hostname()}/${process.pid}`,
      batchSize: 1,
      batchDelayMs: 0,
      concurrency: config.EXPORT_CONCURRENCY,
      logger,
      metrics: createTaskMetrics(metrics),
      onFatal: fail,
    });
    const workers = new ServiceWorkers('export-worker', { export: worker });

    workers.start();
    broker.start();
    const clock = watchClock(db, metrics, logger);
    if (cache instanceof RedisCache) void cache.connect();
    const expired = backgroundLoop('sweep expired exports', logger, async () => {
      await sweepExpired(db, exports, files, logger);
      return config.EXPORT_SWEEP_INTERVAL_MS;
    });
    const abandoned = backgroundLoop('sweep abandoned files', logger, async () => {
      await sweepAbandoned(db, exports, files, logger);
      return ABANDONED_INTERVAL_MS;
    });

    return {
      checks: {
        live: { work: () => workers.assertMoving(STALL_LIMIT_MS) },
        ready: { postgres: () => pingDatabase(db), broker: () => broker.assertReady() },
      },
      drain: async () => {
        await Promise.all([expired.stop(), abandoned.stop(), clock.stop()]);
        await workers.drain();
        await Promise.all([broker.close(), cache.close()]);
        await Promise.all([db.destroy(), leases.close()]);
      },
    };
  },
);
