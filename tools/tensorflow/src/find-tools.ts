import { existsSync, readdirSync } from 'node:fs';
import { findOnPath, runCommand } from '@pugmark/toolkit';

export interface BuildTools {
  /** Python 3 that has pip. */
  readonly python: string;
  /** A C++ compiler. */
  readonly compiler: string;
}

/** Finds the tools that build the binding. Throws an error that names what is missing and how to get it. */
export async function findBuildTools(signal: AbortSignal | undefined): Promise<BuildTools> {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    throw new Error(
      "TensorFlow's library is installed only on Linux on x86-64 and 64-bit Arm; " +
        `this is ${process.platform} on ${process.arch}`,
    );
  }
  const python = await findPython(signal);
  const compiler = findOnPath(['g++', 'clang++', 'c++']);
  if (!python.hasPip || compiler === null) {
    const missing = [
      ...(python.hasPip ? [] : [python.missing]),
      ...(compiler === null ? ['a C++ compiler (g++)'] : []),
    ];
    throw new Error(
      `compiling it needs ${missing.join(' and ')}: install that (Debian: the packages in brackets) and start again`,
    );
  }
  return { python: python.path, compiler };
}

/** Finds Python 3 with pip, or reports what must be installed. */
export async function findPython(
  signal: AbortSignal | undefined,
): Promise<
  | { readonly hasPip: true; readonly path: string; readonly version: string }
  | { readonly hasPip: false; readonly missing: string }
> {
  const path = findOnPath(['python3']);
  if (path === null) return { hasPip: false, missing: 'Python 3 with pip (python3 python3-pip)' };
  // `pip 24.0 from … (python 3.11)`
  const pip = await runCommand({ command: path, args: ['-m', 'pip', '--version'], deadlineMs: 30_000, signal }).catch(
    () => null,
  );
  return pip === null
    ? { hasPip: false, missing: 'pip (python3-pip)' }
    : { hasPip: true, path, version: /\(python ([\d.]+)\)/.exec(pip)?.[1] ?? 'unknown' };
}

const DRIVER = '/proc/driver/nvidia/gpus';

/** Lists NVIDIA's cards with their driver, one line each; empty without any. */
export async function nvidiaGpus(): Promise<string[]> {
  const smi = findOnPath(['nvidia-smi'], `${process.env['PATH'] ?? ''}:/usr/lib/wsl/lib`);
  if (smi !== null) {
    // A driver that hangs or is incompletely installed must not prevent use of the processor.
    const out = await runCommand({
      command: smi,
      args: ['--query-gpu=name,driver_version', '--format=csv,noheader'],
      deadlineMs: 15_000,
    }).catch(() => '');
    return out
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  }
  return existsSync(DRIVER) ? readdirSync(DRIVER).map((slot) => `NVIDIA card at ${slot}`) : [];
}
