import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { ApiClient, type Platform, startPlatform } from '@pugmark/launcher';
import { parseMetrics, sumOf } from '@pugmark/service-rig';
import {
  type CommandContext,
  CommandError,
  integerOption,
  parseOptions,
  formatTable,
  waitUntil,
} from '@pugmark/toolkit';
import { median } from '../median';
import { repeatImages } from '../pipeline/repeat-images';
import { residentBytes } from './process-memory';

const USAGE = 'npm run soak [-- --count N] [--engine NAME] [--images DIR] [--json FILE]';
const DEADLINE_MS = 60 * 60_000;
const SAMPLE_EVERY_MS = 1_000;
/**
 * How much more memory a service may hold in the last fifth of the images than in the first: the worker with its
 * engines, and any other service.
 */
const LIMITS = { worker: 1.05, other: 1.1 } as const;

interface Sample {
  /** Share of the images that are done, 0 to 1. */
  readonly done: number;
  readonly bytes: Readonly<Record<string, number>>;
  /** Live tensors in the engine processes. */
  readonly tensors: number;
}

interface SoakOptions {
  readonly count: number;
  readonly engine: string;
  /** A folder of images that are repeated; undefined: tiny ones are generated. */
  readonly images: string | undefined;
  readonly json: string | undefined;
}

/**
 * Processes many images, by default with an engine that answers at once, and checks that all of them end and that
 * memory stays flat.
 */
export async function soakCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const options = soakOptions(args, context.userFolder);
  const { count, engine } = options;
  const folder = join(context.root, '.pugmark', 'soak', 'pictures');
  context.log(`making ${count} images`);
  if (options.images === undefined) await makeTinyImages(folder, count, context.signal);
  else await repeatImages(options.images, folder, count, 'soak');
  const platform = await startPlatform(
    { instance: 'soak', portMayChange: true, ingestRoots: [folder] },
    {
      ...context,
      environment: { ...context.environment, ML_ENGINE: engine, LOG_LEVEL: 'warn', HEAP_GROWTH_PERCENT: '25' },
    },
  );
  try {
    const began = performance.now();
    const samples = await run(platform, folder, count, context);
    const seconds = (performance.now() - began) / 1000;
    const services = memoryOf(samples);
    const tensors = tensorsOf(samples);
    const flat =
      services.every(({ name, ratio }) => ratio <= (name === 'ml-worker' ? LIMITS.worker : LIMITS.other)) &&
      tensors.first === tensors.last;
    const rows = [
      ...services.map(({ name, first, last, ratio }) => [
        name,
        `${first.toFixed(0)} → ${last.toFixed(0)}  × ${ratio.toFixed(3)}`,
      ]),
      ['tensors', `${tensors.first} → ${tensors.last}`],
    ];
    const rate = `${seconds.toFixed(0)} s, ${(count / seconds).toFixed(1)} per second`;
    context.log(`\n${count} images with the engine ${engine} in ${rate}; MiB resident in the first and last fifth:`);
    context.log(formatTable(rows));
    context.log(
      flat
        ? 'memory is flat'
        : 'memory grew (the worker by more than 5 %, or another service by more than 10 %), or tensors leaked',
    );
    if (options.json !== undefined)
      writeFileSync(
        options.json,
        `${JSON.stringify({ count, engine, seconds, services, tensors, flat, samples }, null, 2)}\n`,
      );
    return flat ? 0 : 1;
  } finally {
    await platform.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function soakOptions(args: readonly string[], userFolder: string): SoakOptions {
  const {
    count: text,
    engine = 'null',
    images,
    json,
  } = parseOptions('soak', USAGE, args, {
    count: { type: 'string' },
    engine: { type: 'string' },
    images: { type: 'string' },
    json: { type: 'string' },
  });
  const count = integerOption('soak', 'count', text, 100) ?? 20_000;
  return {
    count,
    engine,
    images: images === undefined ? undefined : resolve(userFolder, images),
    json: json === undefined ? undefined : resolve(userFolder, json),
  };
}

async function makeTinyImages(folder: string, count: number, signal: AbortSignal): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  const image = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#4a6b3a' } })
    .jpeg()
    .toBuffer();
  for (let n = 0; n < count; n += 1) {
    signal.throwIfAborted();
    const below = join(folder, String(Math.floor(n / 1000)));
    if (n % 1000 === 0) mkdirSync(below, { recursive: true });
    // Bytes after the end-of-image marker make another file of the same image.
    await writeFile(join(below, `${n}.jpg`), Buffer.concat([image, Buffer.from(String(n))]));
  }
}

async function run(
  platform: Platform,
  folder: string,
  count: number,
  { signal, terminal }: CommandContext,
): Promise<Sample[]> {
  const api = new ApiClient(platform.apiUrl, platform.adminKey, signal);
  const project = await api.createProject(`Soak ${new Date().toISOString()}`);
  const { id } = await api.startIngest(project.id, undefined, folder);
  const samples: Sample[] = [];
  await waitUntil(
    async () => {
      const { done, over } = await progress(api, id, count);
      const bytes = Object.fromEntries(
        platform.supervisor.status().map(({ name, pid }) => [name, pid === null ? 0 : residentBytes(pid)]),
      );
      const page = await fetch(`http://127.0.0.1:${platform.healthPorts['ml-worker']}/metrics`, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]),
      });
      samples.push({ done, bytes, tensors: sumOf(parseMetrics(await page.text()), 'pugmark_engine_tensors') });
      terminal.progress(`${Math.round(done * 100)} % done`);
      return over;
    },
    { what: 'the images to be done', deadlineMs: DEADLINE_MS, everyMs: SAMPLE_EVERY_MS, signal },
  );
  terminal.progress('');
  const restarted = platform.supervisor.status().filter(({ restarts }) => restarts > 0);
  if (restarted.length > 0)
    throw new CommandError(
      `services restarted, so that their memory cannot be compared: ${restarted.map(({ name }) => name).join(', ')}`,
    );
  return samples;
}

async function progress(api: ApiClient, id: number, count: number): Promise<{ done: number; over: boolean }> {
  const ingest = await api.ingest(id);
  if (ingest.runId === null) throw new CommandError('the ingest has no run');
  const { state, counts } = await api.run(ingest.runId);
  if (counts.failed > 0) throw new CommandError(`${counts.failed} images failed`);
  return { done: counts.done / count, over: ingest.state === 'done' && state === 'done' && counts.done === count };
}

/**
 * MiB of each service in the first and in the last fifth of the images: medians, because V8 collects garbage at any
 * time.
 */
export function memoryOf(samples: readonly Sample[]): { name: string; first: number; last: number; ratio: number }[] {
  const { first, last } = fifths(samples);
  return Object.keys(samples.at(-1)?.bytes ?? {}).map((name) => {
    const of = (some: readonly Sample[]): number => median(some.map(({ bytes }) => (bytes[name] ?? 0) / 2 ** 20));
    return { name, first: of(first), last: of(last), ratio: of(last) / of(first) };
  });
}

function tensorsOf(samples: readonly Sample[]): { first: number; last: number } {
  const { first, last } = fifths(samples);
  return { first: median(first.map(({ tensors }) => tensors)), last: median(last.map(({ tensors }) => tensors)) };
}

/** Without the very start, during which models load and code is compiled. */
function fifths(samples: readonly Sample[]): { first: readonly Sample[]; last: readonly Sample[] } {
  return {
    first: samples.filter(({ done }) => done >= 0.04 && done <= 0.2),
    last: samples.filter(({ done }) => done >= 0.8),
  };
}
