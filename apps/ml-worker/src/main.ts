import { availableParallelism, hostname } from 'node:os';
import { join } from 'node:path';
import { Broker } from '@pugmark/broker';
import { DetectionRepository, ImageRepository, ModelRepository, TaskRepository, createDatabase, createLeaseStore, pingDatabase, watchClock, type Database } from '@pugmark/db';
import { RetryableError } from '@pugmark/domain';
import { BUILTIN_MODEL, builtinModelFolder } from '@pugmark/inference';
import { createTaskMetrics, loadConfig, pause, registerGauge, runService, type Logger, type Registry } from '@pugmark/platform';
import { PictureStorage } from '@pugmark/storage';
import { ServiceWorkers, TaskWorker } from '@pugmark/tasks';
import { MlWorkerConfig } from './config';
import { EnginePool } from './engine/engine-pool';
import { DetectHandler } from './handlers/detect.handler';

/** What the engines may take for what they hold when the service drains; the rest of the time is for commits and connections. */
const ENGINE_STOP_MS = 5_000;

void runService(
  'ml-worker',
  () => loadConfig(MlWorkerConfig, process.env),
  async ({ config, logger, metrics, signal, fail }) => {
    const onIdleError = (err: Error): void => logger.warn({ err }, 'a database connection broke');
    const db = createDatabase({
      url: config.DATABASE_URL,
      applicationName: 'pugmark-ml-worker',
      onIdleError,
    });
    const processes = config.ML_PROCESSES || availableParallelism();
    const pool = new EnginePool({
      childPath: join(__dirname, 'engine', 'engine.child.js'),
      processes,
      engine: config.ML_ENGINE,
      model: { manifest: BUILTIN_MODEL, folder: builtinModelFolder() },
      pixelLimit: config.PIXEL_LIMIT,
      imageDeadlineMs: config.ML_IMAGE_DEADLINE_MS,
      logger,
      env: { MALLOC_ARENA_MAX: '2' },
    });
    const engine = await pool.start();
    registerPoolGauges(pool, metrics);
    const model = await registerModel(db, logger, signal);

    const leases = createLeaseStore({ url: config.DATABASE_URL, applicationName: 'pugmark-ml-worker-leases', onIdleError });
    const broker = new Broker({
      url: config.RABBITMQ_URL,
      managementUrl: config.RABBITMQ_MANAGEMENT_URL,
      service: 'ml-worker',
      logger,
      metrics,
    });
    const storage = new PictureStorage(config.STORAGE_DIR);
    const handler = new DetectHandler(
      { db, images: new ImageRepository(), models: new ModelRepository(), detections: new DetectionRepository() },
      pool,
      { modelId: model.id, modelName: `${model.name} ${model.version}`, engine: engine.name, pathOfKey: (key) => storage.pathOf(key) },
    );
    const worker = new TaskWorker({
      handler,
      store: new TaskRepository(db),
      leases: leases.store,
      source: broker,
      owner: `ml-worker@${hostname()}/${process.pid}`,
      batchSize: config.ML_BATCH,
      batchDelayMs: config.ML_BATCH_DELAY_MS,
      // Two batches for each process: it decodes the next one while it looks at this one.
      concurrency: 2 * processes,
      logger,
      metrics: createTaskMetrics(metrics),
      onFatal: fail,
    });
    const workers = new ServiceWorkers('ml-worker', { detect: worker });
    workers.start();
    broker.start();
    const clock = watchClock(db, metrics, logger);
    return {
      checks: {
        // Longer than a picture may take to hang twice and be set aside.
        live: { work: () => workers.assertMoving(4 * config.ML_IMAGE_DEADLINE_MS) },
        ready: { postgres: () => pingDatabase(db), broker: () => broker.assertReady(), engines: () => assertReady(pool) },
      },
      drain: async () => {
        const drained = workers.drain();
        await pool.stop(Math.min(ENGINE_STOP_MS, config.SHUTDOWN_TIMEOUT_MS / 2));
        await Promise.all([drained, clock.stop()]);
        await broker.close();
        await Promise.all([db.destroy(), leases.close()]);
      },
    };
  },
);

/** The row of the model that is loaded. Waits for the database: without it there is nothing to do anyway. */
async function registerModel(db: Database, logger: Logger, signal: AbortSignal) {
  for (;;) {
    try {
      return await new ModelRepository().register(db, BUILTIN_MODEL);
    } catch (err) {
      if (signal.aborted) throw err;
      logger.warn({ err }, 'the model could not be registered yet; trying again');
      await pause(2_000, signal);
    }
  }
}

function assertReady(pool: EnginePool): void {
  if (pool.status().some(({ state }) => state === 'idle' || state === 'busy')) return;
  throw new RetryableError('no_engine', 'no engine process is ready');
}

function registerPoolGauges(pool: EnginePool, metrics: Registry): void {
  const up = (): number => pool.status().filter(({ state }) => state === 'idle' || state === 'busy').length;
  registerGauge(metrics, 'pugmark_engine_processes_up', 'Engine processes that have loaded the model', up);
  registerGauge(metrics, 'pugmark_engine_restarts', 'Engine processes that died and were restarted', () =>
    pool.status().reduce((sum, { restarts }) => sum + restarts, 0),
  );
}
