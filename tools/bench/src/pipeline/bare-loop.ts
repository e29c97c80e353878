import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { EngineOptions } from '@pugmark/inference';
import { CommandError } from '@pugmark/toolkit';
import type { AloneResult, BareLoopReady, BareLoopResult, BareLoopWork } from './bare-loop.child';

export interface BareLoopOptions {
  readonly root: string;
  readonly paths: readonly string[];
  readonly warmUp: readonly string[];
  readonly processes: number;
  readonly engine: EngineOptions;
  readonly signal: AbortSignal;
}

/** The settings that the worker gives its engines, for one process per core. */
const ENVIRONMENT = {
  MALLOC_ARENA_MAX: '2',
  TF_NUM_INTRAOP_THREADS: '1',
  TF_NUM_INTEROP_THREADS: '1',
  TF_FORCE_GPU_ALLOW_GROWTH: 'true',
  TF_CPP_MIN_LOG_LEVEL: '2',
  TF_ENABLE_ONEDNN_OPTS: '1',
};

/**
 * Decodes images and runs inference, in as many processes as the worker has, and nothing else: the upper limit of the
 * engine on this machine.
 */
export async function bareLoop(
  options: BareLoopOptions,
): Promise<{ readonly imagesPerSecond: number; readonly engine: string }> {
  const children = Array.from({ length: options.processes }, () => start(options));
  try {
    const ready = await Promise.all(
      children.map((child) => answer<BareLoopReady>(child, { warmUp: options.warmUp } satisfies BareLoopWork)),
    );
    const began = performance.now();
    // Interleaved, so that each process gets its share of the slow images.
    const shares = children.map((_, index) => options.paths.filter((_path, n) => n % children.length === index));
    await Promise.all(
      children.map((child, index) =>
        answer<BareLoopResult>(child, { paths: shares[index] ?? [] } satisfies BareLoopWork),
      ),
    );
    return {
      imagesPerSecond: (options.paths.length * 1000) / (performance.now() - began),
      engine: ready[0]?.engine ?? '',
    };
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}

/** Runs one process on one image after the other. Resolves with the milliseconds of each. */
export async function singleImageTimes(options: Omit<BareLoopOptions, 'processes'>): Promise<readonly number[]> {
  const child = start(options);
  try {
    await answer<BareLoopReady>(child, { warmUp: options.warmUp } satisfies BareLoopWork);
    return (await answer<AloneResult>(child, { alone: options.paths } satisfies BareLoopWork)).times;
  } finally {
    child.kill('SIGKILL');
  }
}

function start({ root, engine, signal }: Pick<BareLoopOptions, 'root' | 'engine' | 'signal'>): ChildProcess {
  const script = join(root, 'tools', 'bench', 'dist', 'bundle', 'pipeline', 'bare-loop.child.js');
  return fork(script, [JSON.stringify(engine)], { signal, env: { ...process.env, ...ENVIRONMENT } });
}

async function answer<T>(child: ChildProcess, work: BareLoopWork): Promise<T> {
  child.send(work);
  const over = new AbortController();
  try {
    const [first] = (await Promise.race([
      once(child, 'message', { signal: over.signal }),
      once(child, 'exit', { signal: over.signal }).then(([code]) =>
        Promise.reject(new CommandError(`the bare loop exited with code ${code}`)),
      ),
    ])) as [T];
    return first;
  } finally {
    over.abort();
  }
}
