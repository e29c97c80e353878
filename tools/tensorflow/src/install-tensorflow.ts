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
  /** The user's own: ML_DEVICE=cpu takes the library for the processor even where there is a GPU. */
  readonly environment: NodeJS.ProcessEnv;
  /** Builds again what is there, and tries again what failed. */
  readonly again?: boolean;
}

export type Device = 'cpu' | 'gpu';

/** Room for wheels and what is unpacked from them, in GiB. */
const ROOM: Readonly<Record<Device, number>> = { cpu: 2, gpu: 16 };

export function tensorflowDir(root: string): string {
  return join(root, '.pugmark', 'tensorflow');
}

/**
 * TensorFlow's native library below `.pugmark/tensorflow`, for an NVIDIA GPU where there is one: obtained and compiled if it is not there yet.
 * Never throws but for an interruption: where it cannot be had, the state says why and what to do, and WebAssembly does the work.
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
      return keep(dir, {
        ...(await install(device, gpus, dir, options)),
        ...(problem === '' ? {} : { gpuProblem: problem }),
      });
    } catch (error) {
      if (options.signal?.aborted === true) throw new InterruptedError();
      problem = messageOf(error);
      options.log(`TensorFlow for the ${device === 'gpu' ? 'GPU' : 'processor'} could not be installed: ${problem}`);
    }
  }
  return keep(dir, { installed: false, problem });
}

async function install(
  device: Device,
  gpus: readonly string[],
  dir: string,
  options: InstallOptions,
): Promise<TensorflowState> {
  const folder = folderOf(device, options.root);
  const began = performance.now();
  requireRoom(dir, ROOM[device]);
  const tools = await findBuildTools(options.signal);
  options.log(
    `installing TensorFlow for the ${device === 'gpu' ? `GPU (${gpus.join('; ')})` : 'processor'} from PyPI (once; ${device === 'gpu' ? 'some GB' : '270 MB'})`,
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
    options.log(`TensorFlow ${version}: compiled and tried, ${Math.round((performance.now() - began) / 1000)} s`);
    return { installed: true, folder, version, device, gpus };
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** The library that would be installed now is there; a GPU for which it could not be had is not tried at every start. */
function isCurrent(state: TensorflowState, dir: string, gpus: readonly string[], root: string): boolean {
  if (!state.installed || state.gpus.join() !== gpus.join() || !existsSync(join(dir, state.folder, BINDING_FILE)))
    return false;
  return (
    state.folder === folderOf(state.device, root) &&
    (state.device === 'gpu' || gpus.length === 0 || state.gpuProblem !== undefined)
  );
}

/** Another one whenever the library, the binding or the processor is another. */
function folderOf(device: Device, root: string): string {
  const hash = createHash('sha256').update(readFileSync(requirementsFile(device, root)));
  hash.update(readFileSync(join(root, 'node_modules', '@tensorflow', 'tfjs-node-gpu', 'package.json')));
  return `${device}-${process.arch}-${hash.digest('hex').slice(0, 12)}`;
}

function requirementsFile(device: Device, root: string): string {
  return join(root, 'tools', 'tensorflow', 'src', `requirements-${device}.txt`);
}

/** Written aside first: a reader finds the old one or the new one whole. Folders that it does not name are of no more use. */
function keep(dir: string, state: TensorflowState): TensorflowState {
  const aside = join(dir, `.state-${process.pid}`);
  writeFileSync(aside, `${JSON.stringify(state, null, 2)}\n`);
  renameSync(aside, join(dir, STATE_FILE));
  if (state.installed) {
    for (const name of readdirSync(dir))
      if (/^(cpu|gpu)-/.test(name) && name !== state.folder) rmSync(join(dir, name), { recursive: true, force: true });
  }
  return state;
}

/** Of launchers that were killed. */
function removeLeftovers(dir: string): void {
  for (const name of readdirSync(dir)) {
    const pid = /^\.(?:new|state)-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(dir, name), { recursive: true, force: true });
  }
}

function requireRoom(dir: string, gib: number): void {
  const { bavail, bsize } = statfsSync(dir);
  const free = (bavail * bsize) / 1024 ** 3;
  if (free < gib) throw new Error(`it takes ${gib} GiB of disk, ${free.toFixed(1)} GiB are free at ${dir}`);
}
