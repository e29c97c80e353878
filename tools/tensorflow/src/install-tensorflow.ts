import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '@pugmark/domain';
import { BINDING_FILE, readTensorflowState, STATE_FILE, type TensorflowState } from '@pugmark/inference';
import { InterruptedError, isRunning, type Log } from '@pugmark/toolkit';
import { buildTensorflow } from './build-tensorflow';
import { findBuildTools, nvidiaGpus } from './find-tools';

export interface InstallOptions {
  /** The workspace. */
  readonly root: string;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
  /** The user's environment; ML_DEVICE=cpu installs the library for the processor even where there is a GPU. */
  readonly environment: NodeJS.ProcessEnv;
  /** Whether to rebuild an existing library, and to retry what failed. */
  readonly again?: boolean;
}

export type Device = 'cpu' | 'gpu';

/** Required disk space for wheels and their unpacked content, in GiB. */
const REQUIRED_GIB: Readonly<Record<Device, number>> = { cpu: 2, gpu: 16 };

export function tensorflowDir(root: string): string {
  return join(root, '.pugmark', 'tensorflow');
}

/**
 * Installs TensorFlow's native library below `.pugmark/tensorflow`, for an NVIDIA GPU where there is one, unless it is
 * there already. Throws only when interrupted: if the library cannot be installed, the state says why and what to do,
 * and WebAssembly is used instead.
 */
export async function installTensorflow(options: InstallOptions): Promise<TensorflowState> {
  const dir = tensorflowDir(options.root);
  mkdirSync(dir, { recursive: true });
  const gpus = options.environment['ML_DEVICE'] === 'cpu' ? [] : await nvidiaGpus();
  const present = readTensorflowState(dir);
  if (options.again !== true && isCurrent(present, dir, gpus, options.root)) return present;
  removeLeftovers(dir);
  let problem = '';
  for (const device of gpus.length > 0 ? (['gpu', 'cpu'] as const) : (['cpu'] as const)) {
    try {
      return saveState(dir, {
        ...(await install(device, gpus, dir, options)),
        ...(problem === '' ? {} : { gpuProblem: problem }),
      });
    } catch (error) {
      if (options.signal?.aborted === true) throw new InterruptedError();
      problem = messageOf(error);
      options.log(`TensorFlow for the ${device === 'gpu' ? 'GPU' : 'processor'} could not be installed: ${problem}`);
    }
  }
  return saveState(dir, { installed: false, problem });
}

async function install(
  device: Device,
  gpus: readonly string[],
  dir: string,
  options: InstallOptions,
): Promise<TensorflowState> {
  const folder = folderOf(device, options.root);
  const began = performance.now();
  requireFreeGib(dir, REQUIRED_GIB[device]);
  const tools = await findBuildTools(options.signal);
  options.log(
    device === 'gpu'
      ? `installing TensorFlow for the GPU (${gpus.join('; ')}) from PyPI (once; some GB)`
      : 'installing TensorFlow for the processor from PyPI (once; 270 MB)',
  );
  const fresh = join(dir, `.new-${process.pid}`);
  try {
    const { version } = await buildTensorflow({
      device,
      folder: fresh,
      requirements: requirementsFile(device, options.root),
      tools,
      ...options,
    });
    rmSync(join(dir, folder), { recursive: true, force: true });
    renameSync(fresh, join(dir, folder));
    options.log(`TensorFlow ${version}: compiled and tested, ${Math.round((performance.now() - began) / 1000)} s`);
    return { installed: true, folder, version, device, gpus };
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/**
 * Whether the library that would be installed now is there. One for a GPU that could not be installed is not retried at
 * every start.
 */
function isCurrent(state: TensorflowState, dir: string, gpus: readonly string[], root: string): boolean {
  if (!state.installed || state.gpus.join() !== gpus.join() || !existsSync(join(dir, state.folder, BINDING_FILE)))
    return false;
  return (
    state.folder === folderOf(state.device, root) &&
    (state.device === 'gpu' || gpus.length === 0 || state.gpuProblem !== undefined)
  );
}

/** The name changes with the library, the binding or the processor. */
function folderOf(device: Device, root: string): string {
  const hash = createHash('sha256').update(readFileSync(requirementsFile(device, root)));
  hash.update(readFileSync(join(root, 'node_modules', '@tensorflow', 'tfjs-node-gpu', 'package.json')));
  return `${device}-${process.arch}-${hash.digest('hex').slice(0, 12)}`;
}

function requirementsFile(device: Device, root: string): string {
  return join(root, 'tools', 'tensorflow', 'src', `requirements-${device}.txt`);
}

/**
 * Writes the state to a temporary file and renames it, so that readers never see half of it. Removes the folders of
 * other versions.
 */
function saveState(dir: string, state: TensorflowState): TensorflowState {
  const aside = join(dir, `.state-${process.pid}`);
  writeFileSync(aside, `${JSON.stringify(state, null, 2)}\n`);
  renameSync(aside, join(dir, STATE_FILE));
  if (state.installed) {
    for (const name of readdirSync(dir))
      if (/^(cpu|gpu)-/.test(name) && name !== state.folder) rmSync(join(dir, name), { recursive: true, force: true });
  }
  return state;
}

/** Removes what killed launchers left behind. */
function removeLeftovers(dir: string): void {
  for (const name of readdirSync(dir)) {
    const pid = /^\.(?:new|state)-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(dir, name), { recursive: true, force: true });
  }
}

function requireFreeGib(dir: string, gib: number): void {
  const { bavail, bsize } = statfsSync(dir);
  const free = (bavail * bsize) / 1024 ** 3;
  if (free < gib) throw new Error(`it needs ${gib} GiB of disk, ${free.toFixed(1)} GiB are free at ${dir}`);
}
