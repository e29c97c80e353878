import { join } from 'node:path';
import { Pool } from 'pg';
import type { EngineOptions } from '@pugmark/inference';
import { ApiClient, Ports, type ServerUrls, startApps } from '@pugmark/launcher';
import { type CommandContext, waitUntil } from '@pugmark/toolkit';
import { singleImageTimes } from './bare-loop';
import { median } from '../median';

export interface LatencyOptions {
  readonly urls: ServerUrls;
  /** Has the folders `warm-up` and `counted`. */
  readonly folder: string;
  readonly warmUp: readonly string[];
  readonly paths: readonly string[];
  readonly engine: EngineOptions;
}

/** Medians in milliseconds: one engine process, batches of one image, no batch delay. */
export interface Latency {
  /** Decode and infer, one image after the other, without the pipeline. */
  readonly bareMs: number;
  /** From notification to commit; each image is queued when the previous one is done. */
  readonly publishToCommitMs: number;
  /** From claim to commit while the queue is full, without the time in the queue. */
  readonly claimToCommitMs: number;
}

const DEADLINE_MS = 10 * 60_000;

/** Measures the latency that the pipeline adds to the work on an image. */
export async function latency(options: LatencyOptions, context: CommandContext): Promise<Latency> {
  const bare = await singleImageTimes({
    root: context.root,
    paths: options.paths,
    warmUp: options.warmUp,
    engine: options.engine,
    signal: context.signal,
  });
  const ports = new Ports();
  const environment = {
    ...context.environment,
    ML_PROCESSES: '1',
    ML_BATCH: '1',
    ML_BATCH_DELAY_MS: '0',
    ML_BATCHES_PER_PROCESS: '1',
    LOG_LEVEL: 'warn',
  };
  const apps = await startApps(
    {
      urls: options.urls,
      folder: join(options.folder, '..', 'instance'),
      gatewayPort: await ports.pick(),
      ingestRoots: [options.folder],
    },
    { ...context, environment },
    ports,
  );
  const pool = new Pool({ connectionString: options.urls.databaseUrl, max: 1 });
  try {
    const api = new ApiClient(apps.apiUrl, apps.adminKey, context.signal);
    await ingestAndWait(api, pool, join(options.folder, 'warm-up'), context);
    const full = await ingestAndWait(api, pool, join(options.folder, 'counted'), context);
    const claimToCommitMs = await medianOf(pool, full, 'started_at');
    const single = await oneByOne(pool, full, context);
    return { bareMs: median(bare), publishToCommitMs: await medianOf(pool, single, 'queued_at'), claimToCommitMs };
  } finally {
    await pool.end();
    await apps.supervisor.stop();
  }
}

/** Ingests a folder and waits for its run. Resolves with the run's id. */
async function ingestAndWait(api: ApiClient, pool: Pool, folder: string, { signal }: CommandContext): Promise<number> {
  const project = await api.createProject(`Latency ${new Date().toISOString()} ${Math.random()}`);
  const { id, runId } = await api.startIngest(project.id, undefined, folder);
  await waitUntil(async () => (await api.ingest(id)).state === 'done' && (await openTasks(pool, runId!)) === 0, {
    what: 'the images to be done',
    deadlineMs: DEADLINE_MS,
    everyMs: 500,
    signal,
  });
  return runId!;
}

/** Runs the same images again in another run, each one queued when the previous one has ended. */
async function oneByOne(pool: Pool, runId: number, { signal }: CommandContext): Promise<number> {
  const { rows } = await pool.query<{ id: number }>(
    'insert into runs (project_id, model_id) select project_id, model_id from runs where id = $1 returning id',
    [runId],
  );
  const own = rows[0]!.id;
  const subjects = await pool.query<{ subject_id: number }>(
    "select subject_id from tasks where run_id = $1 and kind = 'detect' order by id",
    [runId],
  );
  for (const { subject_id: subject } of subjects.rows) {
    await pool.query("insert into tasks (kind, subject_id, run_id) values ('detect', $1, $2)", [subject, own]);
    await waitUntil(async () => (await openTasks(pool, own)) === 0, {
      what: 'an image to be done',
      deadlineMs: DEADLINE_MS,
      everyMs: 5,
      signal,
    });
  }
  return own;
}

async function openTasks(pool: Pool, runId: number): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    "select count(*)::int as n from tasks where run_id = $1 and state in ('waiting', 'queued', 'running')",
    [runId],
  );
  return rows[0]!.n;
}

async function medianOf(pool: Pool, runId: number, since: 'queued_at' | 'started_at'): Promise<number> {
  const { rows } = await pool.query<{ ms: number }>(
    `select extract(epoch from finished_at - ${since})::float8 * 1000 as ms
     from tasks where run_id = $1 and kind = 'detect' and state = 'done'`,
    [runId],
  );
  return median(rows.map(({ ms }) => ms));
}
