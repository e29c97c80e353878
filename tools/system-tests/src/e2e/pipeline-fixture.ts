import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Pool } from 'pg';
import type { ServiceName } from '@pugmark/contracts';
import { createTestDatabase, createTestVhost, testServers, waitUntil } from '@pugmark/testing';
import { ApiClient, Ports, startApps } from '@pugmark/launcher';
import { parseMetrics, sumOf } from '@pugmark/service-rig';

export const ROOT = resolve(__dirname, '../../../..');

/** A run, as the API shows it. */
export interface Run {
  readonly id: number;
  readonly state: string;
  readonly counts: Readonly<Record<string, number>>;
}

/** The five bundled services on a database and a virtual host of their own. */
export interface Pipeline {
  readonly api: ApiClient;
  /** Models folder of the ml-worker. */
  readonly modelsDir: string;
  /** Calls any operation of the API. */
  call<T>(method: string, path: string, body?: object): Promise<T>;
  /** Runs `npx pugmark` against this pipeline. Resolves with its output. */
  pugmark(...args: string[]): Promise<string>;
  /** A temporary folder; everything below it may be ingested. */
  readonly folder: string;
  /** Returns one row of a query. */
  one(query: string, ...values: unknown[]): Promise<Record<string, unknown>>;
  /** Returns the sum of a metric of a service. */
  metric(service: ServiceName, name: string): Promise<number>;
  pid(service: ServiceName): number | null;
  /** Sends SIGKILL and waits until the supervisor has started another process. */
  kill(service: ServiceName): Promise<void>;
  project(): Promise<number>;
  /** Ingests a folder into a new project without running a model. Resolves with the project's id. */
  ingestWithoutInference(folder: string): Promise<number>;
  /** Waits until the run has ended. */
  finishedRun(runId: number): Promise<Run>;
  /** Waits until the ingest and its run have ended. */
  finished(ingestId: number, timeoutMs: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startPipeline(settings: NodeJS.ProcessEnv = {}): Promise<Pipeline> {
  const folder = mkdtempSync(join(tmpdir(), 'pugmark-e2e-'));
  // Migrated by the launcher's own code, as in production.
  const [database, vhost] = await Promise.all([createTestDatabase(() => Promise.resolve()), createTestVhost()]);
  const ports = new Ports();
  const modelsDir = join(folder, 'instance', 'models');
  const urls = {
    databaseUrl: database.url,
    rabbitmqUrl: vhost.url,
    rabbitmqManagementUrl: vhost.managementUrl,
    redisUrl: testServers().redisUrl,
  };
  const stopped = new AbortController();
  const apps = await startApps(
    {
      urls,
      folder: join(folder, 'instance'),
      gatewayPort: await ports.pick(),
      ingestRoots: [join(folder), join(ROOT, '.pugmark')],
    },
    {
      root: ROOT,
      log: () => undefined,
      environment: { PATH: process.env['PATH'], ...settings },
      signal: stopped.signal,
      onForcedEnd: () => () => undefined,
    },
    ports,
  );
  const pool = new Pool({ connectionString: database.url, max: 2 });
  pool.on('error', () => undefined);
  const api = new ApiClient(apps.apiUrl, apps.adminKey, stopped.signal);
  const status = (service: ServiceName) => apps.supervisor.status().find(({ name }) => name === service);
  let projects = 0;
  const project = async () => (await api.createProject(`Project ${++projects}`)).id;
  const call = async <T>(method: string, path: string, body?: object) => {
    const response = await fetch(`${apps.apiUrl}/api/v1${path}`, {
      method,
      signal: AbortSignal.timeout(15_000),
      headers: {
        authorization: `Bearer ${apps.adminKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  return {
    api,
    modelsDir,
    call,
    pugmark: async (...args) => {
      const main = join(ROOT, 'apps', 'cli', 'dist', 'bundle', 'main.js');
      const env = {
        PATH: process.env['PATH'],
        DATABASE_URL: database.url,
        MODELS_DIR: modelsDir,
        PUGMARK_URL: apps.apiUrl,
        PUGMARK_KEY: apps.adminKey,
        ...settings,
      };
      return (await promisify(execFile)(process.execPath, [main, ...args], { env, timeout: 60_000 })).stdout;
    },
    folder,
    one: async (query, ...values) => ((await pool.query(query, values)).rows[0] ?? {}) as Record<string, unknown>,
    metric: async (service, name) => {
      const page = await fetch(`http://127.0.0.1:${apps.healthPorts[service]}/metrics`, {
        signal: AbortSignal.timeout(5_000),
      });
      return sumOf(parseMetrics(await page.text()), name);
    },
    pid: (service) => status(service)?.pid ?? null,
    kill: async (service) => {
      const pid = status(service)?.pid;
      if (pid === null || pid === undefined) throw new Error(`${service} is not running`);
      process.kill(pid, 'SIGKILL');
      await waitUntil(
        `${service} to be restarted`,
        () => {
          const now = status(service)?.pid;
          return now !== null && now !== undefined && now !== pid;
        },
        60_000,
      );
    },
    project,
    ingestWithoutInference: async (images) => {
      const projectId = Number(await project());
      const { id } = await call<{ id: number }>('POST', '/ingests', {
        projectId,
        folder: images,
        mode: 'reference',
        detect: false,
      });
      await waitUntil('the images to be ingested', async () => (await api.ingest(id)).state === 'done', 60_000);
      return projectId;
    },
    finishedRun: (runId) =>
      waitUntil(
        `run ${runId} to end`,
        async () => {
          const run = await call<Run>('GET', `/runs/${runId}`);
          return run.state === 'done' && run;
        },
        120_000,
      ),
    finished: async (ingestId, timeoutMs) => {
      await waitUntil(
        `ingest ${ingestId} and its run to end`,
        async () => {
          const ingest = await api.ingest(ingestId);
          if (ingest.state !== 'done') return false;
          return ingest.runId === null || (await api.run(ingest.runId)).state === 'done';
        },
        timeoutMs,
      );
    },
    stop: async () => {
      await apps.supervisor.stop();
      await pool.end();
      await Promise.all([database.drop(), vhost.drop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
