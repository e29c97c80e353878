import { existsSync, readdirSync } from 'node:fs';
import { findOnPath } from '../services/find-binary';
import { runStep } from './run-step';

export interface BuildTools {
  /** Python 3 that has pip. */
  readonly python: string;
  /** A C++ compiler. */
  readonly compiler: string;
}

/** What building the binding takes; throws an error that names what is missing and how to get it. */
export async function findBuildTools(signal: AbortSignal | undefined): Promise<BuildTools> {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    throw new Error(`TensorFlow's library is taken for Linux on x86-64 and 64-bit Arm alone, this is ${process.platform} on ${process.arch}`);
  }
  const missing: string[] = [];
  const python = findOnPath(['python3']);
  const hasPip = python !== null && (await runStep({ command: python, args: ['-m', 'pip', '--version'], deadlineMs: 30_000, signal }).then(() => true, () => false));
  if (python === null) missing.push('Python 3 with pip (python3 python3-pip)');
  else if (!hasPip) missing.push('pip (python3-pip)');
  const compiler = findOnPath(['g++', 'clang++', 'c++']);
  if (compiler === null) missing.push('a C++ compiler (g++)');
  if (python === null || compiler === null || missing.length > 0) {
    throw new Error(`it is compiled here, which takes ${missing.join(' and ')}: install that (Debian: the packages in brackets) and start again`);
  }
  return { python, compiler };
}

const DRIVER = '/proc/driver/nvidia/gpus';

/** NVIDIA's cards with their driver, one line each; empty without any. */
export async function nvidiaGpus(): Promise<string[]> {
  const smi = findOnPath(['nvidia-smi'], `${process.env['PATH'] ?? ''}:/usr/lib/wsl/lib`);
  if (smi !== null) {
    // A driver that hangs or is half installed must not keep the pipeline from the processor.
    const out = await runStep({ command: smi, args: ['--query-gpu=name,driver_version', '--format=csv,noheader'], deadlineMs: 15_000 }).catch(() => '');
    return out.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  }
  return existsSync(DRIVER) ? readdirSync(DRIVER).map((slot) => `NVIDIA card at ${slot}`) : [];
}
