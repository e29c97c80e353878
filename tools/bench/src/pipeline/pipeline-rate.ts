import { join } from 'node:path';
import { Pool } from 'pg';
import { type ApiClient, Ports, type ServerUrls, startApps } from '@pugmark/launcher';
import { type CommandContext, CommandError, waitUntil } from '@pugmark/toolkit';
import { stageTimes, type Stages } from './stage-times';

export interface PipelineRateOptions {
  readonly urls: ServerUrls;
  /** Has the folders `warm-up` and `counted`. */
  readonly folder: string;
  readonly processes: number;
  readonly count: number;
  readonly createClient: (apiUrl: string, key: string) => ApiClient;
}

const DEADLINE_MS = 60 * 60_000;

export interface PipelineRate {
  readonly imagesPerSecond: number;
  readonly stages: Stages;
}

/**
 * Measures from the request for an ingest to the commit of the last detections. The services run only during this call.
 */
export async function pipelineRate(options: PipelineRateOptions, context: CommandContext): Promise<PipelineRate> {
  const ports = new Ports();
  const apps = await startApps(
    {
      urls: options.urls,
      folder: join(options.folder, '..', 'instance'),
      gatewayPort: await ports.pick(),
      ingestRoots: [options.folder],
    },
    { ...context, environment: { ...context.environment, ML_PROCESSES: String(options.processes), LOG_LEVEL: 'warn' } },
    ports,
  );
  try {
    const api = options.createClient(apps.apiUrl, apps.adminKey);
    await ingest(api, join(options.folder, 'warm-up'), context);
    const id = await ingest(api, join(options.folder, 'counted'), context);
    const { images, failed, seconds } = await timesOf(options.urls.databaseUrl, id);
    if (images !== options.count || failed > 0) {
      throw new CommandError(
        `the pipeline processed ${images} of ${options.count} images and ${failed} failed: not a valid measurement`,
      );
    }
    const metrics = await (
      await fetch(`http://127.0.0.1:${apps.healthPorts['ml-worker']}/metrics`, { signal: AbortSignal.timeout(5_000) })
    ).text();
    return {
      imagesPerSecond: images / seconds,
      stages: await withPool(options.urls.databaseUrl, (pool) => stageTimes(pool, id, metrics)),
    };
  } finally {
    await apps.supervisor.stop();
  }
}

async function ingest(api: ApiClient, folder: string, { signal }: CommandContext): Promise<number> {
  const project = await api.createProject(`Bench ${new Date().toISOString()} ${Math.random()}`);
  const { id } = await api.startIngest(project.id, undefined, folder);
  await waitUntil(
    async () => {
      const { state, runId } = await api.ingest(id);
      return state === 'done' && runId !== null && (await api.run(runId)).state === 'done';
    },
    // Rarely, because polling takes time from what is measured.
    { what: 'the pipeline to process its images', deadlineMs: DEADLINE_MS, everyMs: 3_000, signal },
  );
  return id;
}

/** Read from the database's own clock, so that the polling interval does not matter. */
function timesOf(databaseUrl: string, ingestId: number): Promise<{ images: number; failed: number; seconds: number }> {
  return withPool(databaseUrl, async (pool) => {
    const { rows } = await pool.query<{ images: number; failed: number; seconds: number }>(
      `select count(*)::int as images, count(*) filter (where t.state <> 'done')::int as failed,
         extract(epoch from max(t.finished_at) - min(i.created_at))::float8 as seconds
       from ingests i join tasks t on t.run_id = i.run_id and t.kind = 'detect' where i.id = $1`,
      [ingestId],
    );
    return rows[0] ?? { images: 0, failed: 0, seconds: 0 };
  });
}

async function withPool<T>(databaseUrl: string, work: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = new Pool({ connectionString: databaseUrl, max: 1 });
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}
