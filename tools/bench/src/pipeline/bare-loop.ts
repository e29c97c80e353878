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

/** As the worker gives its engines, one process a core. */
const ENVIRONMENT = {
  MALLOC_ARENA_MAX: '2',
  TF_NUM_INTRAOP_THREADS: '1',
  TF_NUM_INTEROP_THREADS: '1',
  TF_FORCE_GPU_ALLOW_GROWTH: 'true',
  TF_CPP_MIN_LOG_LEVEL: '2',
  TF_ENABLE_ONEDNN_OPTS: '1',
};

/** Decode and infer in as many processes as the worker has, and nothing else: what the engine can do on this machine. */
export async function bareLoop(
  options: BareLoopOptions,
): Promise<{ readonly imagesPerSecond: number; readonly engine: string }> {
  const children = Array.from({ length: options.processes }, () => start(options));
  try {
    const ready = await Promise.all(
      children.map((child) => answer<BareLoopReady>(child, { warmUp: options.warmUp } satisfies BareLoopWork)),
    );
    const began = performance.now();
    // Dealt like cards, so that each process gets its share of the slow pictures.
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

/** One process, one picture after the other: milliseconds of each. */
export async function aloneTimes(options: Omit<BareLoopOptions, 'processes'>): Promise<readonly number[]> {
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
        Promise.reject(new CommandError(`the bare loop ended with exit code ${code}`)),
      ),
    ])) as [T];
    return first;
  } finally {
    over.abort();
  }
}
