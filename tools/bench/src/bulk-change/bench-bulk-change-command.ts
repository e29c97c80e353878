import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Pool } from 'pg';
import { createDatabase, migrate } from '@pugmark/db';
import { adminKey, Ports, startServers } from '@pugmark/launcher';
import { RigFactory, type RigProcess } from '@pugmark/service-rig';
import {
  describeMachine,
  formatTable,
  integerOption,
  parseOptions,
  waitUntil,
  type CommandContext,
} from '@pugmark/toolkit';
import { fillWithStudy } from '../api/generate-study';
import { percentile } from '../api/load';
import { ApiClient } from './api-client';
import { DetectCommits } from './detect-commits';
import { SteadyRequests } from './steady-requests';

const USAGE = 'npm run bench:bulk-change [-- --images N] [--json FILE]';
/** Percent of the bulk change at which `ingest` is killed. */
const KILLS = [30, 60];
const DONE_DEADLINE_MS = 1_800_000;
const PATCH_LIMIT_MS = 1_000;
const P99_LIMIT_MS = 50;

/** Corrects the clock of a deployment with half a million images while the system is used, and kills `ingest` twice. */
export async function benchBulkChangeCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const options = parseOptions('bench:bulk-change', USAGE, args, {
    images: { type: 'string' },
    json: { type: 'string' },
  });
  const images = integerOption('bench:bulk-change', 'images', options.images, 2_001) ?? 500_000;
  const result = await runBench(images, context);
  context.log(
    `\n${formatTable([
      ['images of the deployment', result.images],
      ['PATCH answered after, ms', result.patchMs],
      ['bulk change completed after, s', result.seconds],
      ['kills of ingest', result.kills],
      ['images that were changed / wrong afterwards', `${result.done} / ${result.wrong}`],
      ['GET /projects before, p50 / p99, ms', `${result.before.p50Ms} / ${result.before.p99Ms}`],
      ['GET /projects meanwhile, p50 / p99, ms', `${result.meanwhile.p50Ms} / ${result.meanwhile.p99Ms}`],
      ['commits of 16 results meanwhile', result.commits.count],
      ['their p50 / p99 / longest, ms', `${result.commits.p50Ms} / ${result.commits.p99Ms} / ${result.commits.maxMs}`],
      ['machine', result.machine],
    ])}`,
  );
  if (options.json !== undefined)
    writeFileSync(resolve(context.userFolder, options.json), `${JSON.stringify(result, null, 2)}\n`);
  const held =
    result.patchMs < PATCH_LIMIT_MS &&
    result.meanwhile.p99Ms < P99_LIMIT_MS &&
    result.wrong === 0 &&
    result.done === result.images &&
    result.commits.count > 0;
  context.log(held ? 'everything is within its limit' : 'not within the limits');
  return held ? 0 : 1;
}

async function runBench(images: number, context: CommandContext) {
  const { root, log, environment, signal } = context;
  const dir = join(root, '.pugmark');
  const folder = join(dir, 'bench-bulk-change');
  const urls = await startServers({ instance: 'bench-bulk-change', dir, root, log, environment, signal });
  const forget = context.onForcedEnd(() => urls.kill());
  const pool = new Pool({ connectionString: urls.databaseUrl, max: 2 });
  pool.on('error', () => undefined);
  const db = createDatabase({ url: urls.databaseUrl, applicationName: 'bench-bulk-change', poolSize: 2 });
  const processes: RigProcess[] = [];
  try {
    await migrate(urls.databaseUrl);
    await fillWithStudy(pool, urls.databaseUrl, { images, deployments: 1 }, log);
    const ports = new Ports();
    const factory = new RigFactory({
      root,
      folder,
      ports,
      environment: { PATH: environment['PATH'], LOG_LEVEL: 'warn' },
    });
    const key = adminKey(folder, environment);
    const port = await ports.pick();
    const gateway = await factory.app('gateway', urls, {
      PORT: String(port),
      ADMIN_KEY: key,
      REQUESTS_PER_MINUTE: '0',
    });
    const ingest = await factory.app('ingest', urls);
    processes.push(gateway, ingest);
    for (const each of processes) each.start();
    await Promise.all(processes.map((each) => each.ready(signal)));
    const api = new ApiClient(`http://127.0.0.1:${port}`, key);
    const requests = new SteadyRequests(api.baseUrl, key, '/projects');
    const before = await requests.during(5_000);
    log(`GET /projects: p99 ${before.p99Ms} ms`);

    const offset = (await api.get<{ clockOffsetSeconds: number }>('/deployments/1')).clockOffsetSeconds + 3_600;
    requests.start();
    const commits = new DetectCommits(db);
    commits.start();
    const began = performance.now();
    const { unfinishedChangeId } = await api.patch<{ unfinishedChangeId: number }>('/deployments/1', {
      clockOffsetSeconds: offset,
    });
    const patchMs = Math.round(performance.now() - began);
    log(`PATCH of the clock: ${patchMs} ms, bulk change ${unfinishedChangeId}`);
    const change = () =>
      api.get<{ status: string; percent: number; done: number }>(`/bulk-changes/${unfinishedChangeId}`);
    for (const percent of KILLS) {
      await waitUntil(async () => (await change()).percent >= percent, {
        what: `${percent} %`,
        deadlineMs: DONE_DEADLINE_MS,
        signal,
      });
      await ingest.kill();
      log(`killed ingest at ${percent} %, after ${seconds(began)} s`);
      ingest.start();
    }
    await waitUntil(async () => (await change()).status === 'completed', {
      what: 'the bulk change',
      deadlineMs: DONE_DEADLINE_MS,
      signal,
    });
    const took = seconds(began);
    const meanwhile = await requests.stop();
    const committed = await commits.stop();
    const { rows } = await pool.query<{ wrong: number }>(
      `select count(*)::int as wrong from images i join deployments d on d.id = i.deployment_id
         left join image_summaries s on s.image_id = i.id
       where s.captured_at is distinct from i.captured_at or i.captured_at is distinct from
         ((i.captured_local + d.clock_offset_seconds * interval '1 second') at time zone d.timezone)`,
    );
    return {
      images,
      patchMs,
      seconds: took,
      kills: KILLS.length,
      done: (await change()).done,
      wrong: rows[0]!.wrong,
      before,
      meanwhile,
      commits: {
        count: committed.length,
        p50Ms: percentile(committed, 0.5),
        p99Ms: percentile(committed, 0.99),
        maxMs: percentile(committed, 1),
      },
      machine: describeMachine(),
    };
  } finally {
    await Promise.allSettled(processes.map((each) => each.stop()));
    await Promise.allSettled([pool.end(), db.destroy()]);
    await urls.stop();
    forget();
  }
}

function seconds(since: number): number {
  return Math.round((performance.now() - since) / 100) / 10;
}
