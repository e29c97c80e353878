import { hostname } from 'node:os';
import { join } from 'node:path';
import { Broker } from '@pugmark/broker';
import {
  ClassificationRepository,
  DetectionRepository,
  EngineReportRepository,
  ImageRepository,
  ModelRepository,
  RunTallyRepository,
  TaskRepository,
  createDatabase,
  createLeaseStore,
  pingDatabase,
  watchClock,
  type Database,
  type DatabaseTransaction,
} from '@pugmark/db';
import { RetryableError } from '@pugmark/domain';
import { BUILTIN_MODEL, type EngineInfo } from '@pugmark/inference';
import {
  backgroundLoop,
  createTaskMetrics,
  loadConfig,
  sleep,
  registerGauge,
  runService,
  type BackgroundLoop,
  type Logger,
  type Registry,
} from '@pugmark/platform';
import { ImageStorage } from '@pugmark/storage';
import { ServiceWorkers, TaskWorker, type TaskHandler } from '@pugmark/tasks';
import { MlWorkerConfig } from './config';
import type { EnginePool } from './engine/engine-pool';
import { startPool } from './engine/start-pool';
import { ClassifyHandler } from './handlers/classify.handler';
import { DetectHandler } from './handlers/detect.handler';
import { ModelCatalogue, modelRef } from './models/model-catalogue';
import { preloadModels } from './models/preload-models';

/** What the engines may take for what they hold when the service drains; the rest of the time is for commits and connections. */
const ENGINE_STOP_MS = 5_000;
const REPORT_MS = 15_000;

void runService(
  'ml-worker',
  () => loadConfig(MlWorkerConfig, process.env),
  async ({ config, logger, metrics, signal, fail }) => {
    const onIdleError = (err: Error): void => logger.warn({ err }, 'a database connection broke');
    const db = createDatabase({
      url: config.DATABASE_URL,
      applicationName: 'pugmark-ml-worker',
      poolSize: config.DATABASE_POOL_SIZE,
      statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
      onIdleError,
      metrics,
    });
    const models = new ModelRepository();
    const builtIn = modelRef(BUILTIN_MODEL, config.MODELS_DIR);
    const { pool, engine, processes } = await startPool(
      config,
      [builtIn],
      join(__dirname, 'engine', 'engine.child.js'),
      logger,
    );
    registerPoolGauges(pool, metrics);
    await registerBuiltIn(db, models, logger, signal);

    const leases = createLeaseStore({
      url: config.DATABASE_URL,
      applicationName: 'pugmark-ml-worker-leases',
      onIdleError,
    });
    const broker = new Broker({
      url: config.RABBITMQ_URL,
      managementUrl: config.RABBITMQ_MANAGEMENT_URL,
      service: 'ml-worker',
      logger,
      metrics,
    });
    const storage = new ImageStorage(config.STORAGE_DIR);
    const catalogue = new ModelCatalogue(db, models, config.MODELS_DIR);
    const parts = {
      db,
      images: new ImageRepository(),
      detections: new DetectionRepository(),
      classifications: new ClassificationRepository(),
      tallies: new RunTallyRepository(),
      catalogue,
      pool,
      engine: engine.name,
      pathOfKey: (key: string) => storage.pathOf(key),
    };
    const taskMetrics = createTaskMetrics(metrics);
    const owner = `ml-worker@${hostname()}/${process.pid}`;
    const worker = <Result, Kind extends 'detect' | 'classify'>(
      handler: TaskHandler<DatabaseTransaction, Result, Kind>,
    ) =>
      new TaskWorker<DatabaseTransaction, Result, Kind>({
        handler,
        store: new TaskRepository(db),
        leases: leases.store,
        source: broker,
        owner,
        batchSize: config.ML_BATCH,
        batchDelayMs: config.ML_BATCH_DELAY_MS,
        concurrency: config.ML_BATCHES_PER_PROCESS * processes,
        logger,
        metrics: taskMetrics,
        onFatal: fail,
      });
    const workers = new ServiceWorkers('ml-worker', {
      detect: worker(new DetectHandler(parts)),
      classify: worker(new ClassifyHandler(parts)),
    });
    workers.start();
    broker.start();
    const clock = watchClock(db, metrics, logger);
    const preloading = preloadModels(catalogue, pool, config.ML_MODELS, logger);
    const reporting = reportEngine(db, owner, engine, pool, logger);
    return {
      checks: {
        // Longer than a picture may take to hang twice and be set aside.
        live: { work: () => workers.assertMoving(4 * config.ML_IMAGE_DEADLINE_MS) },
        ready: {
          postgres: () => pingDatabase(db),
          broker: () => broker.assertReady(),
          engines: () => assertReady(pool),
        },
      },
      drain: async () => {
        const drained = workers.drain();
        await pool.stop(Math.min(ENGINE_STOP_MS, config.SHUTDOWN_TIMEOUT_MS / 2));
        await Promise.all([drained, clock.stop(), preloading.stop(), reporting.stop()]);
        await broker.close();
        await Promise.all([db.destroy(), leases.close()]);
      },
    };
  },
);

/** Waits for the database: without it there is nothing to do anyway. */
async function registerBuiltIn(
  db: Database,
  models: ModelRepository,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      await models.register(db, BUILTIN_MODEL);
      return;
    } catch (err) {
      if (signal.aborted) throw err;
      logger.warn({ err }, 'the built-in model could not be registered yet; trying again');
      await sleep(2_000, signal);
    }
  }
}

/** Tells the others what this worker computes with, through the database. */
function reportEngine(
  db: Database,
  worker: string,
  { name, device, reason, version }: EngineInfo,
  pool: EnginePool,
  logger: Logger,
): BackgroundLoop {
  const reports = new EngineReportRepository();
  const loop = backgroundLoop('report engine', logger, async () => {
    await reports.report(db, worker, {
      name,
      device,
      reason,
      version,
      processes: pool.status().length,
      processesUp: processesUp(pool),
    });
    return REPORT_MS;
  });
  return {
    stop: async () => {
      await loop.stop();
      // Without a database to tell, the report ends by its age.
      await reports.remove(db, worker).catch(() => undefined);
    },
  };
}

function processesUp(pool: EnginePool): number {
  return pool.status().filter(({ state }) => state === 'idle' || state === 'busy').length;
}

function assertReady(pool: EnginePool): void {
  if (processesUp(pool) > 0) return;
  throw new RetryableError('no_engine', 'no engine process is ready');
}

function registerPoolGauges(pool: EnginePool, metrics: Registry): void {
  const sum = (of: 'restarts' | 'recycles') => (): number =>
    pool.status().reduce((total, status) => total + status[of], 0);
  registerGauge(metrics, 'pugmark_engine_processes_up', 'Engine processes that have loaded their models', () =>
    processesUp(pool),
  );
  registerGauge(metrics, 'pugmark_engine_restarts', 'Engine processes that died and were restarted', sum('restarts'));
  registerGauge(
    metrics,
    'pugmark_engine_tensors',
    'Tensors alive in the engine processes, those of the models included',
    () => pool.status().reduce((total, { health }) => total + health.tensors, 0),
  );
  registerGauge(
    metrics,
    'pugmark_engine_resident_bytes',
    'Memory of the engine processes when they last answered',
    () => pool.status().reduce((total, { health }) => total + health.rssBytes, 0),
  );
  registerGauge(
    metrics,
    'pugmark_engine_recycles',
    'Engine processes that were replaced because they had grown too large',
    sum('recycles'),
  );
}
