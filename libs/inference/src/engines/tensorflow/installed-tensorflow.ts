import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '@pugmark/domain';

/** What `tools/src/tensorflow` writes as `state.json` into the folder that TENSORFLOW_DIR names. */
export type TensorflowState = InstalledTensorflow | MissingTensorflow;

export interface InstalledTensorflow {
  readonly installed: true;
  /** Folder of the binding `tfjs_binding.node`, below that of the state. */
  readonly folder: string;
  /** Of TensorFlow. */
  readonly version: string;
  /** For which device the library was made: `gpu` runs on the processor, too. */
  readonly device: 'cpu' | 'gpu';
  /** NVIDIA's cards that there were then. */
  readonly gpus: readonly string[];
  /** Why it is the one for the processor although there are cards. */
  readonly gpuProblem?: string;
}

export interface MissingTensorflow {
  readonly installed: false;
  /** Why it is not there, and what to do, in words. */
  readonly problem: string;
}

export const STATE_FILE = 'state.json';
export const BINDING_FILE = 'tfjs_binding.node';

/** `dir` is empty where nobody said where the native library is. */
export function readTensorflowState(dir: string): TensorflowState {
  if (dir === '') return { installed: false, problem: 'TENSORFLOW_DIR names no folder with the native library' };
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
