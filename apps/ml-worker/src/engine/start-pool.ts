import { join } from 'node:path';
import { FatalError, messageOf } from '@pugmark/domain';
import { readTensorflowState, type EngineInfo, type EngineOptions } from '@pugmark/inference';
import type { Logger } from '@pugmark/platform';
import type { MlWorkerConfig } from '../config';
import { EnginePool, type ModelRef } from './engine-pool';
import { readMachineLimits, type MachineLimits } from './machine-limits';

/** Minimum images per batch of one process. */
const MIN_BATCH_IMAGES = 4;

/** Memory that an engine process needs at least, with one model. */
const MIN_PROCESS_BYTES = 2 ** 30;
/** Part of the memory that the engine processes may use together; the rest is for the supervisor and for files. */
const MEMORY_SHARE = 0.75;

/** A started pool, and its engine. */
export interface StartedPool {
  readonly pool: EnginePool;
  readonly engine: EngineInfo;
  readonly processes: number;
}

/**
 * Starts the engine processes as configured. Falls back to WebAssembly, with a reported reason, when the engine is
 * `auto` and the native library crashes on this machine.
 */
export async function startPool(
  config: MlWorkerConfig,
  models: readonly ModelRef[],
  childPath: string,
  logger: Logger,
): Promise<StartedPool> {
  const options: EngineOptions = {
    engine: config.ML_ENGINE,
    device: config.ML_DEVICE,
    tensorflowDir: config.TENSORFLOW_DIR,
    convertedDir: join(config.MODELS_DIR, 'converted'),
    nullTimes: { loadMs: config.ML_NULL_LOAD_MS, imageMs: config.ML_NULL_IMAGE_MS },
  };
  try {
    return await start(config, options, models, childPath, logger);
  } catch (error) {
    if (
      config.ML_ENGINE !== 'auto' ||
      config.ML_DEVICE === 'gpu' ||
      !(error instanceof FatalError) ||
      error.code !== 'engine_dies_at_start'
    )
      throw error;
    logger.error(
      { err: error },
      'the native engine does not run on this machine; falling back to the slower WebAssembly engine',
    );
    return start(
      config,
      {
        ...options,
        engine: 'wasm',
        reason: `auto: the native engine does not run on this machine: ${messageOf(error)}`,
      },
      models,
      childPath,
      logger,
    );
  }
}

async function start(
  config: MlWorkerConfig,
  engine: EngineOptions,
  models: readonly ModelRef[],
  childPath: string,
  logger: Logger,
): Promise<StartedPool> {
  const gpus = gpuCount(engine);
  const limits = readMachineLimits();
  const { processes, maxRssBytes } = planProcesses(config, gpus, limits);
  logger.info({ processes, gpus, ...limits, maxRssBytes }, 'starting the engine processes');
  const pool = new EnginePool({
    childPath,
    processes,
    engine,
    models,
    maxModels: config.ML_MODELS,
    // Small enough that no process is busy for long when the others have run out of work.
    batchImages: Math.max(MIN_BATCH_IMAGES, ...models.map(({ manifest }) => manifest.batch)),
    pixelLimit: config.PIXEL_LIMIT,
    imageDeadlineMs: config.ML_IMAGE_DEADLINE_MS,
    maxRssBytes,
    logger,
    env: (process) => engineEnvironment(process, gpus, processes, limits.cores),
  });
  return { pool, engine: await pool.start(), processes };
}

/**
 * One process per GPU or core, and no more than fit into memory. Each is replaced when it exceeds its share, so that
 * all together stay below the limit of the machine or container, at which the system kills processes.
 */
export function planProcesses(
  { ML_PROCESSES, ML_MEMORY_MB }: Pick<MlWorkerConfig, 'ML_PROCESSES' | 'ML_MEMORY_MB'>,
  gpus: number,
  { cores, memoryBytes }: MachineLimits,
): { readonly processes: number; readonly maxRssBytes: number } {
  const usable = memoryBytes * MEMORY_SHARE;
  const fitting = Math.max(1, Math.floor(usable / MIN_PROCESS_BYTES));
  const processes = ML_PROCESSES || Math.min(fitting, gpus || Math.max(1, Math.floor(cores)));
  return { processes, maxRssBytes: Math.min(ML_MEMORY_MB * 2 ** 20, Math.floor(usable / processes)) };
}

function gpuCount({ engine, device, tensorflowDir }: EngineOptions): number {
  if (device === 'cpu' || engine === 'wasm' || engine === 'null') return 0;
  const state = readTensorflowState(tensorflowDir);
  return state.installed && state.device === 'gpu' ? state.gpus.length : 0;
}

/** One process per GPU, or one thread per process: more threads would only compete for the cores. */
function engineEnvironment(process: number, gpus: number, processes: number, cores: number): Record<string, string> {
  const threads = String(Math.max(1, Math.floor(cores / processes)));
  return {
    // Each glibc arena keeps the memory that decoding an image once needed.
    MALLOC_ARENA_MAX: '2',
    CUDA_VISIBLE_DEVICES: gpus === 0 ? '-1' : String(process % gpus),
    // Otherwise the first process takes all of the GPU's memory.
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
    ...(gpus === 0 ? { TF_NUM_INTRAOP_THREADS: threads, TF_NUM_INTEROP_THREADS: '1' } : {}),
    // Warnings and errors: they are reported when a process crashes. oneDNN is on by default, and announced unless set.
    TF_CPP_MIN_LOG_LEVEL: '1',
    TF_ENABLE_ONEDNN_OPTS: '1',
  };
}
