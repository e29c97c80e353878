import { join } from 'node:path';
import { FatalError, messageOf } from '@pugmark/domain';
import type { Engine } from './engine';
import { NullEngine } from './null-engine';
import { readTensorflowState } from './tensorflow/installed-tensorflow';
import { TensorflowEngine } from './tensorflow/tensorflow-engine';
import { WasmEngine } from './wasm-engine';

/** `auto` takes the best engine there is; a name takes that one. */
export const ENGINE_CHOICES = ['auto', 'tensorflow', 'wasm', 'null'] as const;
export type EngineChoice = (typeof ENGINE_CHOICES)[number];

/** `auto` takes a GPU where there is one; `gpu` makes its absence an error. */
export const DEVICE_CHOICES = ['auto', 'cpu', 'gpu'] as const;
export type DeviceChoice = (typeof DEVICE_CHOICES)[number];

export interface EngineOptions {
  readonly engine: EngineChoice;
  readonly device: DeviceChoice;
  /** Folder in which the native library was installed; empty for none. */
  readonly tensorflowDir: string;
  /** Where graph models are kept once they are converted for the native engine. */
  readonly convertedDir: string;
  /** Why this engine, where it is another reason than its name in the settings. */
  readonly reason?: string;
}

/**
 * An engine that has loaded no model yet. Throws FatalError `engine_unavailable` when the one that was asked for cannot be had, `gpu_missing`
 * when a GPU was asked for and none is used.
 */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  switch (options.engine) {
    case 'null':
      return new NullEngine();
    case 'wasm':
      requireNoGpu(options, 'WebAssembly computes on the processor');
      return new WasmEngine(options.reason ?? 'the wasm engine was asked for by name');
    case 'tensorflow':
      return createTensorflow(options, 'the tensorflow engine was asked for by name');
    case 'auto':
      return best(options);
  }
}

async function best(options: EngineOptions): Promise<Engine> {
  try {
    return await createTensorflow(options, 'auto: the native library is the fastest engine there is');
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
      state.gpuProblem ?? 'no NVIDIA card was there when it was installed; `npm run tensorflow` installs it again';
    const made =
      state.device === 'cpu' ? `TensorFlow was installed for the processor alone: ${alone}` : 'TensorFlow sees no GPU';
    throw new FatalError('gpu_missing', `ML_DEVICE=gpu, but ${made}; \`npx pugmark doctor\` tells more`);
  }
  return engine;
}

function requireNoGpu({ device }: EngineOptions, why: string): void {
  if (device === 'gpu') throw new FatalError('gpu_missing', `ML_DEVICE=gpu, but no engine can use one: ${why}`);
}
