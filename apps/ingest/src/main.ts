import { hostname } from 'node:os';
import { Broker } from '@pugmark/broker';
import {
  ImageRepository,
  IngestRepository,
  RunControlRepository,
  TaskRepository,
  createDatabase,
  createLeaseStore,
  pingDatabase,
  watchClock,
} from '@pugmark/db';
import { configureImages } from '@pugmark/images';
import { createTaskMetrics, loadConfig, runService } from '@pugmark/platform';
import { ImageStorage } from '@pugmark/storage';
import { Dispatcher, ServiceWorkers, TaskWorker } from '@pugmark/tasks';
import { IngestConfig } from './config';
import { ScanHandler } from './handlers/scan.handler';

/** A step of a scan reads `SCAN_BATCH` pictures; one that takes longer than this hangs. */
const STALL_LIMIT_MS = 300_000;

void runService(
  'ingest',
  () => loadConfig(IngestConfig, process.env),
  async ({ config, logger, metrics, fail }) => {
    configureImages();
    const onIdleError = (err: Error): void => logger.warn({ err }, 'a database connection broke');
    const db = createDatabase({
      url: config.DATABASE_URL,
      applicationName: 'pugmark-ingest',
      poolSize: config.DATABASE_POOL_SIZE,
      statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
      onIdleError,
      metrics,
    });
    const leases = createLeaseStore({
      url: config.DATABASE_URL,
      applicationName: 'pugmark-ingest-leases',
      onIdleError,
    });
    const broker = new Broker({
      url: config.RABBITMQ_URL,
      managementUrl: config.RABBITMQ_MANAGEMENT_URL,
      service: 'ingest',
      logger,
      metrics,
    });
    const taskMetrics = createTaskMetrics(metrics);
    const tasks = new TaskRepository(db);
    const handler = new ScanHandler(
      { db, tasks, ingests: new IngestRepository(), images: new ImageRepository() },
      new ImageStorage(config.STORAGE_DIR),
      {
        roots: config.INGEST_ROOTS,
        storageDir: config.STORAGE_DIR,
        concurrency: config.SCAN_CONCURRENCY,
        batch: config.SCAN_BATCH,
        pixelLimit: config.PIXEL_LIMIT,
      },
    );
    const worker = new TaskWorker({
      handler,
      store: tasks,
      leases: leases.store,
      source: broker,
      owner: `ingest@${hostname()}/${process.pid}`,
      batchSize: 1,
      batchDelayMs: 0,
      concurrency: 2,
      logger,
      metrics: taskMetrics,
      onFatal: fail,
    });
    const workers = new ServiceWorkers('ingest', { scan: worker });
    const dispatcher = new Dispatcher({
      store: tasks,
      runs: new RunControlRepository(db),
      publisher: broker,
      logger,
      metrics: taskMetrics,
    });

    workers.start();
    broker.start();
    const clock = watchClock(db, metrics, logger);
    dispatcher.start();
    return {
      checks: {
        live: { work: () => workers.assertMoving(STALL_LIMIT_MS) },
        ready: { postgres: () => pingDatabase(db), broker: () => broker.assertReady() },
      },
      drain: async () => {
        await Promise.all([dispatcher.stop(), clock.stop()]);
        await workers.drain();
        await broker.close();
        await Promise.all([db.destroy(), leases.close()]);
      },
    };
  },
);
