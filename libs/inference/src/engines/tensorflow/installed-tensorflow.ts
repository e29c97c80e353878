import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '@pugmark/domain';

/** Content of `state.json`, which the TensorFlow installer writes into the folder TENSORFLOW_DIR. */
export type TensorflowState = InstalledTensorflow | MissingTensorflow;

export interface InstalledTensorflow {
  readonly installed: true;
  /** Folder of the binding `tfjs_binding.node`, below that of the state. */
  readonly folder: string;
  /** Version of TensorFlow. */
  readonly version: string;
  /** Device that the library was made for: `gpu` also runs on the CPU. */
  readonly device: 'cpu' | 'gpu';
  /** NVIDIA GPUs at the time of the installation. */
  readonly gpus: readonly string[];
  /** Why it is the CPU version although there are GPUs. */
  readonly gpuProblem?: string;
}

export interface MissingTensorflow {
  readonly installed: false;
  /** Why it is not installed, and what to do. */
  readonly problem: string;
}

export const STATE_FILE = 'state.json';
export const BINDING_FILE = 'tfjs_binding.node';

/** Reads the state of the native library; `dir` is empty if it is not configured. */
export function readTensorflowState(dir: string): TensorflowState {
  if (dir === '') return { installed: false, problem: 'TENSORFLOW_DIR is not set' };
  let text: string;
  try {
    text = readFileSync(join(dir, STATE_FILE), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      return { installed: false, problem: `its folder cannot be read: ${messageOf(error)}` };
    return { installed: false, problem: 'it is not installed here: run `npm run tensorflow`' };
  }
  try {
    return JSON.parse(text) as TensorflowState;
  } catch {
    return { installed: false, problem: `${join(dir, STATE_FILE)} is damaged: run \`npm run tensorflow\`` };
  }
}
