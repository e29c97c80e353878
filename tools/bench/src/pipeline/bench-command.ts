import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { DeviceChoice, EngineChoice, EngineOptions } from '@pugmark/inference';
import { ApiClient, startServers } from '@pugmark/launcher';
import { ensureNativeEngine, tensorflowDir } from '@pugmark/tensorflow';
import { describeMachine, type CommandContext, formatTable } from '@pugmark/toolkit';
import { bareLoop } from './bare-loop';
import { benchOptions, type BenchOptions } from './bench-options';
import { latency, type Latency } from './latency';
import { median } from '../median';
import { pipelineRate } from './pipeline-rate';
import { repeatImages } from './repeat-images';
import { shortHistogram, type Stages } from './stage-times';

/** Images that are not measured, while models load, caches fill and code is compiled. */
const WARM_UP = 100;
const LATENCY_IMAGES = 60;

export interface BenchResult {
  readonly engine: string;
  readonly processes: number;
  readonly count: number;
  readonly bare: { readonly imagesPerSecond: number; readonly rounds: readonly number[] };
  readonly pipeline: { readonly imagesPerSecond: number; readonly rounds: readonly number[] };
  /** The bare loop with WebAssembly in the same run; null where WebAssembly is the engine anyway. */
  readonly wasm: { readonly imagesPerSecond: number; readonly nativeIsTimesAsFast: number } | null;
  /** Of the last round. */
  readonly stages: Stages;
  readonly latency: Latency;
  readonly ratio: number;
  readonly machine: string;
}

/**
 * Measures how much of the engine's throughput the whole pipeline reaches: by turns the bare loop (decode and infer, no
 * services) and the pipeline (folder to committed detections), with the same engine and number of processes.
 */
export async function benchCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const options = benchOptions(args, context.userFolder);
  const processes = Number(context.environment['ML_PROCESSES'] ?? 0) || cpus().length;
  const result = await measure(options, processes, context);
  context.log(
    `\n${formatTable([
      ['engine', result.engine],
      ['processes', result.processes],
      ['images per round', result.count],
      ['bare loop, images/s', result.bare.imagesPerSecond],
      ['pipeline, images/s', result.pipeline.imagesPerSecond],
      ['pipeline ÷ bare', result.ratio],
      ...(result.wasm === null
        ? []
        : [
            ['bare loop with wasm, images/s', result.wasm.imagesPerSecond] as const,
            ['native ÷ wasm', result.wasm.nativeIsTimesAsFast] as const,
          ]),
      ...Object.entries(result.stages).map(([stage, times]) => [stage, shortHistogram(times)] as const),
      ['one image alone, ms', round2(result.latency.bareMs)],
      ['publish to commit, ms', relativeLatency(result.latency.publishToCommitMs, result.latency)],
      ['claim to commit, queue full, ms', relativeLatency(result.latency.claimToCommitMs, result.latency)],
      ['machine', result.machine],
    ])}`,
  );
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
  return 0;
}

async function measure(options: BenchOptions, processes: number, context: CommandContext): Promise<BenchResult> {
  const { root, log, environment, signal } = context;
  const dir = join(root, '.pugmark');
  const folder = join(dir, 'bench', 'pictures');
  await ensureNativeEngine(context);
  const urls = await startServers({ instance: 'bench', dir, root, log, environment, signal });
  const forget = context.onForcedEnd(() => urls.kill());
  try {
    const warmUp = await repeatImages(options.images, join(folder, 'warm-up'), WARM_UP, 'warm-up');
    const bare: number[] = [];
    const pipeline: number[] = [];
    let engine = '';
    let stages: Stages | undefined;
    for (let round = 1; round <= options.rounds; round += 1) {
      const paths = await repeatImages(options.images, join(folder, 'counted'), options.count, `round ${round}`);
      const alone = await bareLoop({ root, paths, warmUp, processes, engine: engineOptions(context), signal });
      bare.push(alone.imagesPerSecond);
      engine = alone.engine;
      log(`round ${round}: bare loop ${alone.imagesPerSecond.toFixed(2)} images/s`);
      const whole = await pipelineRate(
        { urls, folder, processes, count: options.count, createClient: (url, key) => new ApiClient(url, key, signal) },
        context,
      );
      pipeline.push(whole.imagesPerSecond);
      stages = whole.stages;
      log(`round ${round}: pipeline  ${whole.imagesPerSecond.toFixed(2)} images/s`);
    }
    const wasm = engine === 'tensorflow' ? await wasmRate({ root, folder, options, warmUp, processes }, context) : null;
    const few = await repeatImages(options.images, join(folder, 'counted'), LATENCY_IMAGES, 'latency');
    const waits = await latency({ urls, folder, warmUp, paths: few, engine: engineOptions(context) }, context);
    const [b, p] = [median(bare), median(pipeline)];
    return {
      engine,
      processes,
      count: options.count,
      bare: { imagesPerSecond: round2(b), rounds: bare.map(round2) },
      pipeline: { imagesPerSecond: round2(p), rounds: pipeline.map(round2) },
      ratio: Math.round((p / b) * 1000) / 1000,
      wasm: wasm === null ? null : { imagesPerSecond: round2(wasm), nativeIsTimesAsFast: round2(b / wasm) },
      stages: stages!,
      latency: waits,
      machine: describeMachine(),
    };
  } finally {
    await urls.stop();
    forget();
  }
}

/** Uses a quarter of the images, because WebAssembly is several times slower. */
async function wasmRate(
  {
    root,
    folder,
    options,
    warmUp,
    processes,
  }: { root: string; folder: string; options: BenchOptions; warmUp: readonly string[]; processes: number },
  context: CommandContext,
): Promise<number> {
  const paths = await repeatImages(
    options.images,
    join(folder, 'counted'),
    Math.max(processes, Math.round(options.count / 4)),
    'wasm',
  );
  const { imagesPerSecond } = await bareLoop({
    root,
    paths,
    warmUp: warmUp.slice(0, 8),
    processes,
    engine: engineOptions(context, 'wasm'),
    signal: context.signal,
  });
  context.log(`bare loop with wasm: ${imagesPerSecond.toFixed(2)} images/s`);
  return imagesPerSecond;
}

function engineOptions(
  { root, environment }: CommandContext,
  engine = environment['ML_ENGINE'] || 'auto',
): EngineOptions {
  return {
    engine: engine as EngineChoice,
    device: (environment['ML_DEVICE'] || 'auto') as DeviceChoice,
    tensorflowDir: environment['TENSORFLOW_DIR'] || tensorflowDir(root),
    convertedDir: join(root, '.pugmark', 'bench', 'converted'),
  };
}

function relativeLatency(ms: number, { bareMs }: Latency): string {
  return `${round2(ms)} (${round2(ms / bareMs)} × alone)`;
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
