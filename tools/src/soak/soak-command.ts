import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { ApiClient, type Id } from '../api/api-client';
import { median } from '../bench/median';
import { parseOptions } from '../cli/parse-options';
import { table } from '../cli/table';
import type { CommandContext } from '../command';
import { LauncherError, UsageError } from '../launcher-error';
import { startPlatform, type Platform } from '../platform/start-platform';
import { waitUntil } from '../wait-until';
import { residentBytes } from './process-memory';

const USAGE = 'npm run soak [-- --count N] [--json FILE]';
const DEADLINE_MS = 60 * 60_000;
const SAMPLE_EVERY_MS = 1_000;
/** At the end a service may hold a tenth more than at a third of the way. */
const LIMIT = 1.1;

interface Sample {
  /** Share of the pictures that are done, 0 to 1. */
  readonly done: number;
  readonly bytes: Readonly<Record<string, number>>;
}

/** Many tiny pictures and an engine that answers at once: does everything end, and does memory stay flat? */
export async function soakCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const { count: text = '20000', json } = parseOptions('soak', USAGE, args, { count: { type: 'string' }, json: { type: 'string' } });
  const count = Number(text);
  if (!Number.isInteger(count) || count < 100) throw new UsageError('soak: --count takes a whole number from 100');
  const folder = join(context.root, '.pugmark', 'soak', 'pictures');
  context.log(`making ${count} tiny pictures`);
  await makeTinyPictures(folder, count, context.signal);
  const platform = await startPlatform(
    { instance: 'soak', portMayChange: true, ingestRoots: [folder] },
    { ...context, environment: { ...context.environment, ML_ENGINE: 'null', LOG_LEVEL: 'warn' } },
  );
  try {
    const began = performance.now();
    const samples = await run(platform, folder, count, context);
    const seconds = (performance.now() - began) / 1000;
    const services = memoryOf(samples);
    const flat = services.every(({ ratio }) => ratio <= LIMIT);
    context.log(
      `\n${count} pictures in ${seconds.toFixed(0)} s, ${Math.round(count / seconds)} a second; MiB resident at a third of the way and at the end:\n${table(
        services.map(({ name, third, end, ratio }) => [name, `${third.toFixed(0)} → ${end.toFixed(0)}  × ${ratio.toFixed(2)}`]),
      )}\n${flat ? 'memory is flat' : `memory grew by more than ${Math.round((LIMIT - 1) * 100)} %`}`,
    );
    if (json !== undefined) writeFileSync(resolve(context.userFolder, json), `${JSON.stringify({ count, seconds, services, flat, samples }, null, 2)}\n`);
    return flat ? 0 : 1;
  } finally {
    await platform.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function makeTinyPictures(folder: string, count: number, signal: AbortSignal): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  const picture = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#4a6b3a' } }).jpeg().toBuffer();
  for (let n = 0; n < count; n += 1) {
    signal.throwIfAborted();
    const below = join(folder, String(Math.floor(n / 1000)));
    if (n % 1000 === 0) mkdirSync(below, { recursive: true });
    // Bytes after the end-of-image marker: the same picture, another file.
    await writeFile(join(below, `${n}.jpg`), Buffer.concat([picture, Buffer.from(String(n))]));
  }
}

async function run(platform: Platform, folder: string, count: number, { signal, terminal }: CommandContext): Promise<Sample[]> {
  const api = new ApiClient(platform.apiUrl, signal);
  const project = await api.createProject(`Soak ${new Date().toISOString()}`);
  const { id } = await api.startIngest(project.id, undefined, folder);
  const samples: Sample[] = [];
  await waitUntil(
    async () => {
      const { done, over } = await progress(api, id, count);
      const bytes = Object.fromEntries(platform.supervisor.status().map(({ name, pid }) => [name, pid === null ? 0 : residentBytes(pid)]));
      samples.push({ done, bytes });
      terminal.progress(`${Math.round(done * 100)} % done`);
      return over;
    },
    { what: 'the pictures to be done', deadlineMs: DEADLINE_MS, everyMs: SAMPLE_EVERY_MS, signal },
  );
  terminal.progress('');
  const restarted = platform.supervisor.status().filter(({ restarts }) => restarts > 0);
  if (restarted.length > 0) throw new LauncherError(`restarted meanwhile, so that their memory says nothing: ${restarted.map(({ name }) => name).join(', ')}`);
  return samples;
}

async function progress(api: ApiClient, id: Id, count: number): Promise<{ done: number; over: boolean }> {
  const ingest = await api.ingest(id);
  if (ingest.runId === null) throw new LauncherError('the ingest has no run');
  const { state, counts } = await api.run(ingest.runId);
  if (counts.failed > 0) throw new LauncherError(`${counts.failed} pictures failed`);
  return { done: counts.done / count, over: ingest.state === 'done' && state === 'done' && counts.done === count };
}

/** MiB of each service around a third of the way and at the end: medians of some samples, because V8 collects when it likes. */
export function memoryOf(samples: readonly Sample[]): { name: string; third: number; end: number; ratio: number }[] {
  const third = samples.filter(({ done }) => done >= 0.28 && done <= 0.4);
  const end = samples.slice(-Math.max(3, third.length));
  const names = Object.keys(samples.at(-1)?.bytes ?? {});
  return names.map((name) => {
    const at = (some: readonly Sample[]): number => median(some.map(({ bytes }) => (bytes[name] ?? 0) / 2 ** 20));
    return { name, third: at(third), end: at(end), ratio: at(end) / at(third) };
  });
}
