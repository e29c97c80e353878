import { join } from 'node:path';
import {
  ClassificationRepository,
  DetectionRepository,
  ImageRepository,
  ModelRepository,
  RunCountsRepository,
} from '@pugmark/db';
import { BUILTIN_MODEL } from '@pugmark/inference';
import { runPugmarkService } from '@pugmark/service';
import { ImageStorage } from '@pugmark/storage';
import { MlWorkerConfig } from './config';
import { assertEngineReady, registerPoolGauges } from './engine/pool-health';
import { reportEngine } from './engine/report-engine';
import { startPool } from './engine/start-pool';
import { ClassifyHandler } from './handlers/classify.handler';
import { DetectHandler } from './handlers/detect.handler';
import { ModelCatalogue } from './models/model-catalogue';
import { createModelRef } from './models/model-ref';
import { preloadModels } from './models/preload-models';
import { registerBuiltIn } from './models/register-built-in';

/**
 * Maximum time that the engines may take for their work in flight when the service drains; the rest of the time is for
 * commits and connections.
 */
const ENGINE_STOP_MS = 5_000;

runPugmarkService('ml-worker', MlWorkerConfig, process.env, async ({ config, logger, metrics, signal, runtime }) => {
  const { db } = runtime;
  const models = new ModelRepository();
  const modelSettings = { modelsDir: config.MODELS_DIR, loadDeadlineMs: config.ML_LOAD_DEADLINE_MS };
  const { pool, engine, processes } = await startPool(
    config,
    [await createModelRef(BUILTIN_MODEL, modelSettings)],
    join(__dirname, 'engine', 'engine.child.js'),
    logger,
  );
  registerPoolGauges(pool, metrics);
  await registerBuiltIn(db, models, logger, signal);

  const broker = runtime.openBroker();
  const storage = new ImageStorage(config.STORAGE_DIR);
  const catalogue = new ModelCatalogue(db, models, modelSettings);
  const parts = {
    db,
    images: new ImageRepository(),
    detections: new DetectionRepository(),
    classifications: new ClassificationRepository(),
    runCounts: new RunCountsRepository(),
    catalogue,
    pool,
    engine: engine.name,
    pathOfKey: (key: string) => storage.pathOf(key),
  };
  const batching = {
    batchSize: config.ML_BATCH,
    batchDelayMs: config.ML_BATCH_DELAY_MS,
    concurrency: config.ML_BATCHES_PER_PROCESS * processes,
  };
  // Longer than the time until an image that hangs is answered: processes that start or load count as progress.
  const stallLimitMs = 4 * config.ML_IMAGE_DEADLINE_MS;
  runtime.startWorkers(
    broker,
    { batching, stallLimitMs },
    { detect: new DetectHandler(parts), classify: new ClassifyHandler(parts) },
  );
  const preloading = preloadModels(catalogue, pool, config.ML_MODELS, logger);
  const reporting = reportEngine(db, runtime.owner, engine, pool, logger);
  runtime.onReady('engines', () => assertEngineReady(pool));
  // With the workers, which wait for the engines, not before them: a model may take long to load.
  runtime.onDrain('workers', () => pool.stop(Math.min(ENGINE_STOP_MS, config.SHUTDOWN_TIMEOUT_MS / 2)));
  runtime.onDrain('workers', () => preloading.stop());
  runtime.onDrain('workers', () => reporting.stop());
});
