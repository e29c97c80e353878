import { hostname } from 'node:os';
import { Broker } from '@pugmark/broker';
import {
  TaskRepository,
  createDatabase,
  createLeaseStore,
  pingDatabase,
  monitorClock,
  type DatabaseTransaction,
} from '@pugmark/db';
import { createTaskMetrics, loadConfig, runService } from '@pugmark/platform';
import { TaskWorker, type TaskHandler } from '@pugmark/tasks';
import { RigWorkerConfig } from './rig-worker-config';

/** Batches in flight. */
const CONCURRENCY = 2;
const STALL_LIMIT_MS = 60_000;

/** A worker like the ml-worker, except that its work takes no time and has no result. */
void runService(
  'ml-worker',
  () => loadConfig(RigWorkerConfig, process.env),
  async ({ config, logger, metrics, fail }) => {
    const onIdleError = (err: Error): void => logger.warn({ err }, 'a database connection broke');
    const db = createDatabase({ url: config.DATABASE_URL, applicationName: 'pugmark-rig-worker', onIdleError });
    const leases = createLeaseStore({
      url: config.DATABASE_URL,
      applicationName: 'pugmark-rig-worker-leases',
      onIdleError,
    });
    const broker = new Broker({
      url: config.RABBITMQ_URL,
      managementUrl: config.RABBITMQ_MANAGEMENT_URL,
      service: 'ml-worker',
      logger,
      metrics,
    });
    const handler: TaskHandler<DatabaseTransaction, null> = {
      kind: 'detect',
      handle: async (tasks) => tasks.map((task) => ({ task, outcome: 'done', result: null })),
      write: async () => undefined,
    };
    const worker = new TaskWorker({
      handler,
      store: new TaskRepository(db),
      leases: leases.store,
      source: broker,
      owner: `rig@${hostname()}/${process.pid}`,
      batchSize: config.RIG_BATCH,
      batchDelayMs: 10,
      concurrency: CONCURRENCY,
      stallLimitMs: STALL_LIMIT_MS,
      logger,
      metrics: createTaskMetrics(metrics),
      onFatal: fail,
    });
    worker.start();
    // The ml-worker, in whose place it runs, also has this queue; nothing is published to it.
    broker.consume('classify', 1, (delivery) => delivery.ack());
    broker.start();
    const clock = monitorClock(db, metrics, logger);
    return {
      checks: { live: {}, ready: { postgres: () => pingDatabase(db), broker: () => broker.assertReady() } },
      drain: async () => {
        await Promise.all([worker.drain(), clock.stop()]);
        await broker.close();
        await Promise.all([db.destroy(), leases.close()]);
      },
    };
  },
);
