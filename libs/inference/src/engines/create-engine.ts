import { join } from 'node:path';
import { FatalError, messageOf } from '@pugmark/domain';
import type { Engine } from './engine';
import { NullEngine, type NullEngineTimes } from './null-engine';
import { readTensorflowState } from './tensorflow/installed-tensorflow';
import { TensorflowEngine } from './tensorflow/tensorflow-engine';
import { WasmEngine } from './wasm-engine';

/** `auto` selects the best available engine; a name selects that one. */
export const ENGINE_CHOICES = ['auto', 'tensorflow', 'wasm', 'null'] as const;
export type EngineChoice = (typeof ENGINE_CHOICES)[number];

/** `auto` uses a GPU if there is one; with `gpu` a missing GPU is an error. */
export const DEVICE_CHOICES = ['auto', 'cpu', 'gpu'] as const;
export type DeviceChoice = (typeof DEVICE_CHOICES)[number];

export interface EngineOptions {
  readonly engine: EngineChoice;
  readonly device: DeviceChoice;
  /** Folder of the installed native library; empty if there is none. */
  readonly tensorflowDir: string;
  /** Folder of graph models converted for the native engine. */
  readonly convertedDir: string;
  /** Why this engine is used, if not because of its name in the settings. */
  readonly reason?: string;
  /** Of the engine `null`. */
  readonly nullTimes?: NullEngineTimes;
}

/**
 * Creates an engine without a model. Throws FatalError `engine_unavailable` when the requested one is not available,
 * `gpu_missing` when a GPU was requested and none is used.
 */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  switch (options.engine) {
    case 'null':
      return new NullEngine(options.nullTimes);
    case 'wasm':
      requireNoGpu(options, 'WebAssembly runs on the CPU');
      return new WasmEngine(options.reason ?? 'the wasm engine was requested by name');
    case 'tensorflow':
      return createTensorflow(options, 'the tensorflow engine was requested by name');
    case 'auto':
      return best(options);
  }
}

async function best(options: EngineOptions): Promise<Engine> {
  try {
    return await createTensorflow(options, 'auto: the native library is the fastest available engine');
  } catch (error) {
    if (!(error instanceof FatalError) || error.code !== 'engine_unavailable') throw error;
    requireNoGpu(options, messageOf(error));
    return new WasmEngine(`auto: ${messageOf(error)}`);
  }
}

async function createTensorflow(
  { tensorflowDir, convertedDir, device }: EngineOptions,
  reason: string,
): Promise<Engine> {
  const state = readTensorflowState(tensorflowDir);
  if (!state.installed) throw new FatalError('engine_unavailable', `there is no native TensorFlow: ${state.problem}`);
  const engine = await TensorflowEngine.create({ folder: join(tensorflowDir, state.folder), convertedDir, reason });
  if (device === 'gpu' && !engine.usesGpu) {
    const alone =
      state.gpuProblem ?? 'there was no NVIDIA GPU when it was installed; `npm run tensorflow` installs it again';
    const made =
      state.device === 'cpu' ? `TensorFlow was installed for the CPU only: ${alone}` : 'TensorFlow sees no GPU';
    throw new FatalError('gpu_missing', `ML_DEVICE=gpu, but ${made}; see \`npx pugmark doctor\``);
  }
  return engine;
}

function requireNoGpu({ device }: EngineOptions, why: string): void {
  if (device === 'gpu') throw new FatalError('gpu_missing', `ML_DEVICE=gpu, but no engine can use one: ${why}`);
}
