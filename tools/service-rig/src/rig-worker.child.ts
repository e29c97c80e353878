import { hostname } from 'node:os';
import { sql } from 'kysely';
import { Broker } from '@pugmark/broker';
import {
  TaskRepository,
  createDatabase,
  createLeaseStore,
  pingDatabase,
  monitorClock,
  type DatabaseTransaction,
} from '@pugmark/db';
import type { ClaimedTask } from '@pugmark/domain';
import { createTaskMetrics, loadConfig, sleep, runService } from '@pugmark/platform';
import { TaskWorker, type TaskHandler } from '@pugmark/tasks';
import { RigWorkerConfig } from './rig-worker-config';

/** A worker like the ml-worker, except that its work takes a set time and has no result. */
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
      handle: async (tasks) => {
        if (config.RIG_WORK_MS > 0) await sleep(config.RIG_WORK_MS);
        return tasks.map((task) => ({ task, outcome: 'done', result: null }));
      },
      write: async (tx, done) => {
        if (config.RIG_EFFECTS === 1)
          await recordEffects(
            tx,
            done.map(({ task }) => task),
          );
      },
    };
    const worker = new TaskWorker({
      handler,
      store: new TaskRepository(db),
      leases: leases.store,
      source: broker,
      owner: `rig@${hostname()}/${process.pid}`,
      batchSize: config.RIG_BATCH,
      batchDelayMs: 10,
      concurrency: config.RIG_CONCURRENCY,
      stallLimitMs: 60_000 + config.RIG_WORK_MS,
      logger,
      metrics: createTaskMetrics(metrics),
      onFatal: fail,
    });
    process.on('SIGUSR2', () => blockEventLoop(config.RIG_BLOCK_MS));
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

async function recordEffects(tx: DatabaseTransaction, tasks: readonly ClaimedTask[]): Promise<void> {
  const ids = tasks.map(({ id }) => id);
  const attempts = tasks.map(({ attempt }) => attempt);
  await sql`
    insert into rig_effects (task_id, attempt)
    select * from unnest(${ids}::bigint[], ${attempts}::int[])`.execute(tx);
}

function blockEventLoop(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
