import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Pool } from 'pg';
import { migrate } from '@pugmark/db';
import { median } from '../median';
import { adminKey, Ports, startServers } from '@pugmark/launcher';
import { RigFactory, type RigProcess, sumOf } from '@pugmark/service-rig';
import {
  describeMachine,
  type CommandContext,
  CommandError,
  integerOption,
  parseOptions,
  UsageError,
} from '@pugmark/toolkit';
import { ENDPOINTS, heavyPath, NOT_MEASURED, type Endpoint, type EndpointKind, type Known } from './endpoints';
import { fillWithStudy, type StudySize } from './generate-study';
import { duringLoad, measure, type Measured } from './load';

const USAGE = 'npm run bench:api [-- --images N] [--seconds N] [--only TEXT] [--json FILE]';
const CONNECTIONS = 8;
/** Number of endpoints that are called for a second each, spread over the list, before anything is measured. */
const WARM_UPS = 15;
/** Limits of p99, in milliseconds. A count reads as much as a chart; the largest page of a list is eight usual ones. */
const LIMITS_MS: Readonly<Record<EndpointKind, number>> = {
  list: 50,
  'largest page': 300,
  item: 50,
  count: 300,
  chart: 300,
  'under load': 100,
};
/**
 * Largest ratio between the gateway's memory in the last and in the second fifth of the bench that counts as flat.
 * Medians, because V8 collects garbage at any time.
 */
const FLAT = 1.15;

interface Row extends Measured {
  readonly name: string;
  readonly operation: string;
  readonly kind: EndpointKind;
  readonly limitMs: number;
}

/** Measures how fast the API answers on a database with a million images. */
export async function benchApiCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const options = parseOptions('bench:api', USAGE, args, {
    images: { type: 'string' },
    seconds: { type: 'string' },
    only: { type: 'string' },
    json: { type: 'string' },
  });
  const size = { images: integerOption('bench:api', 'images', options.images, 1) ?? 1_000_000, deployments: 200 };
  const result = await runBench(
    size,
    integerOption('bench:api', 'seconds', options.seconds, 1) ?? 5,
    options.only ?? '',
    context,
  );
  const slow = result.endpoints.filter(({ p99Ms, limitMs }) => p99Ms > limitMs);
  context.log(
    `\n${result.images} images, ${result.detections} detections, ${CONNECTIONS} connections; ${result.machine}`,
  );
  context.log(
    `memory of the gateway: ${result.memoryMiB.early} → ${result.memoryMiB.late} MiB` +
      (result.memoryIsFlat ? ', flat' : ': it grows'),
  );
  context.log(
    slow.length === 0
      ? 'every p99 is within its limit'
      : `over the limit: ${slow.map(({ name, p99Ms, limitMs }) => `${name} (${p99Ms} > ${limitMs} ms)`).join('; ')}`,
  );
  if (options.json !== undefined)
    writeFileSync(resolve(context.userFolder, options.json), `${JSON.stringify(result, null, 2)}\n`);
  return slow.length === 0 && result.memoryIsFlat ? 0 : 1;
}

async function runBench(size: StudySize, seconds: number, only: string, context: CommandContext) {
  const { root, log, environment, signal } = context;
  const dir = join(root, '.pugmark');
  const folder = join(dir, 'bench-api');
  const urls = await startServers({ instance: 'bench-api', dir, root, log, environment, signal });
  const forget = context.onForcedEnd(() => urls.kill());
  const pool = new Pool({ connectionString: urls.databaseUrl, max: 2 });
  pool.on('error', () => undefined);
  try {
    await migrate(urls.databaseUrl);
    await fillWithStudy(pool, urls.databaseUrl, size, log);
    const key = adminKey(folder, environment);
    const ports = new Ports();
    const port = await ports.pick();
    const factory = new RigFactory({
      root,
      folder,
      ports,
      environment: { PATH: environment['PATH'], LOG_LEVEL: 'warn' },
    });
    const gateway = await factory.app('gateway', urls, {
      PORT: String(port),
      ADMIN_KEY: key,
      REQUESTS_PER_MINUTE: '0',
    });
    gateway.start();
    try {
      await gateway.ready(signal);
      const load = { baseUrl: `http://127.0.0.1:${port}`, key, connections: CONNECTIONS, seconds };
      await assertEndpointsAreMeasured(load.baseUrl);
      const known = await readKnownValues(pool, load.baseUrl, key);
      const chosen = ENDPOINTS.filter(({ name }) => name.includes(only));
      if (chosen.length === 0) throw new UsageError(`bench:api: no endpoint's name contains '${only}'`);
      const { endpoints, memory } = await measureAll(chosen, known, load, gateway, context);
      const { rows } = await pool.query<{ images: number; detections: number }>(
        'select (select count(*) from images)::int as images, (select count(*) from detections)::int as detections',
      );
      const fifth = Math.max(1, Math.floor(memory.length / 5));
      const [early, late] = [median(memory.slice(fifth, 2 * fifth)), median(memory.slice(-fifth))];
      return {
        ...rows[0]!,
        connections: CONNECTIONS,
        seconds,
        memoryMiB: { early, late, samples: memory },
        // A single endpoint has nothing to compare.
        memoryIsFlat: !(late > early * FLAT),
        endpoints,
        machine: describeMachine(),
      };
    } finally {
      await gateway.stop();
    }
  } finally {
    await pool.end();
    await urls.stop();
    forget();
  }
}

/** Throws when an endpoint is neither measured nor listed as not measured. */
async function assertEndpointsAreMeasured(baseUrl: string): Promise<void> {
  const document = (await (
    await fetch(`${baseUrl}/api/v1/openapi.json`, { signal: AbortSignal.timeout(10_000) })
  ).json()) as { paths: Record<string, { get?: { operationId: string } }> };
  const known = new Set([...ENDPOINTS.map(({ operation }) => operation), ...Object.keys(NOT_MEASURED)]);
  const forgotten = Object.values(document.paths).flatMap(({ get }) =>
    get === undefined || known.has(get.operationId) ? [] : [get.operationId],
  );
  if (forgotten.length > 0)
    throw new CommandError(
      `bench:api: not measured: ${forgotten.join(', ')}; add them to endpoints.ts, or to NOT_MEASURED with a reason`,
    );
}

async function readKnownValues(pool: Pool, baseUrl: string, key: string): Promise<Known> {
  const { rows } = await pool.query<{
    deployments: number;
    locations: number;
    images: number;
    labels: string[];
    events: number[];
  }>(`
    select (select count(*)::int from deployments) as deployments,
      (select count(*)::int from locations) as locations,
      (select count(*)::int from images) as images,
      (select array_agg(distinct label) from events where label is not null) as labels,
      (select array_agg(id::int) from (select id from events tablesample system (5) limit 500) chosen) as events`);
  const { deployments, locations, images, labels, events } = rows[0]!;
  const cursors: string[] = [];
  let cursor = '';
  for (let page = 0; page < 40; page += 1) {
    const response = await fetch(
      `${baseUrl}/api/v1/images?projectId=1&limit=200${cursor === '' ? '' : `&cursor=${cursor}`}`,
      { headers: { authorization: `Bearer ${key}` }, signal: AbortSignal.timeout(30_000) },
    );
    cursor = ((await response.json()) as { nextCursor: string | null }).nextCursor ?? '';
    if (cursor === '') break;
    cursors.push(cursor);
  }
  return { deployments, locations, images, labels, eventIds: events, cursors };
}

async function measureAll(
  endpoints: readonly Endpoint[],
  known: Known,
  load: Parameters<typeof measure>[1],
  gateway: RigProcess,
  context: CommandContext,
): Promise<{ endpoints: Row[]; memory: number[] }> {
  const { log, signal } = context;
  const rows: Row[] = [];
  const memory: number[] = [];
  const width = Math.max(...endpoints.map(({ name }) => name.length));
  // A gateway that has just started is slower until V8 has compiled its code.
  const everyNth = Math.ceil(endpoints.length / WARM_UPS);
  for (const { path } of endpoints.filter((_, n) => n % everyNth === 0))
    await measure(() => path(known), { ...load, seconds: 1 }, signal);
  for (const { name, operation, kind, path } of endpoints) {
    const measured =
      kind === 'under load'
        ? await measureUnderLoad(() => path(known), known, load, context)
        : await measure(() => path(known), load, signal);
    const row = { name, operation, kind, limitMs: LIMITS_MS[kind], ...measured };
    rows.push(row);
    memory.push(Math.round(sumOf(await gateway.metrics(), 'process_resident_memory_bytes') / 2 ** 20));
    log(
      [
        name.padEnd(width),
        `p50 ${String(row.p50Ms).padStart(6)}`,
        `p99 ${String(row.p99Ms).padStart(6)} ms`,
        `${String(row.requestsPerSecond).padStart(5)}/s`,
        ...(row.p99Ms > row.limitMs ? ['over the limit'] : []),
      ].join('  '),
    );
  }
  return { endpoints: rows, memory };
}

/** Measures the requests of one client while as many others as usual send heavy ones. */
async function measureUnderLoad(
  path: () => string,
  known: Known,
  load: Parameters<typeof measure>[1],
  { log, signal }: CommandContext,
): Promise<Measured> {
  const { result, served, refused } = await duringLoad(
    () => heavyPath(known),
    load,
    signal,
    () => measure(path, { ...load, connections: 1 }, signal),
  );
  log(`${load.connections} clients with heavy requests: ${served} served, ${refused} answered with 503`);
  return result;
}
