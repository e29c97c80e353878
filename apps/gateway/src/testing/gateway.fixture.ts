import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { NoCache, type Cache, type RateLimiters } from '@pugmark/cache';
import {
  DetectionRepository,
  ImageRepository,
  RunCountsRepository,
  createDatabase,
  migrate,
  type Database,
  type DatabaseOptions,
  type ModelRow,
  type NewImage,
} from '@pugmark/db';
import { newApiKey, type ClaimedTask, type Detection, type ModelManifest } from '@pugmark/domain';
import { Registry, type BackgroundLoop } from '@pugmark/platform';
import { checkImage, configureImages, renderImage } from '@pugmark/images';
import { ExportStorage, ImageStorage, RenditionStorage, UploadStorage } from '@pugmark/storage';
import { createTestDatabase, testLogger, waitUntil, type TestDatabase } from '@pugmark/testing';
import type { Scope } from '../http/scopes';
import { createApp } from '../app';
import { createRepositories, type Repositories } from '../repositories';
import type { GatewaySettings } from '../settings';
import { EventStreams, STREAM_TIMES, type StreamSettings } from '../features/feed/event-streams';
import { feedLoop } from '../features/feed/write-feed';
import { HttpServer, type HttpServerOptions } from '../http/http-server';
import type { ImageChecker } from '../features/renditions/image-checker';
import { Renditions, type Renderer } from '../features/renditions/renditions';
import { ContractCheck } from './contract-check.fixture';
import { EventClient, type ListenOptions } from './event-client.fixture';

export const MANIFEST: ModelManifest = {
  name: 'test-model',
  version: '1.0.0',
  licence: 'MIT',
  format: 'tfjs-graph',
  files: [],
  input: { width: 512, height: 512 },
  resize: 'letterbox',
  normalisation: '0..255',
  decoder: 'centernet',
  labels: ['bear'],
  categories: { bear: 'animal' },
  storeThreshold: 0.1,
  threshold: 0.5,
  batch: 8,
};

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // What the API answers is what is tested: it has no type here.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

export interface TestGatewayOptions {
  readonly cache?: Cache;
  readonly limiters?: RateLimiters;
  /** Default: in this process. */
  readonly renderer?: Renderer;
  /** Default: in this process. */
  readonly imageChecker?: ImageChecker;
  readonly settings?: Partial<GatewaySettings>;
  readonly http?: Partial<HttpServerOptions>;
  /** Another database than a fresh one. */
  readonly databaseUrl?: string;
  readonly database?: Pick<DatabaseOptions, 'poolSize' | 'statementTimeoutMs'>;
  /** Interval at which this gateway writes the feed; default: never, the test does so itself. */
  readonly writeFeedEveryMs?: number;
  readonly streams?: Partial<StreamSettings>;
}

const SETTINGS = {
  uploadMaxBytes: 64 * 1024,
  uploadMaxFiles: 5,
  uploadMaxTotalBytes: 10 * 1024 ** 2,
  uploadMaxZipRatio: 100,
  pixelLimit: 10_000_000,
  auth: 'keys',
  requestsPerMinute: 0,
  refusedKeysPerMinute: 0,
  trustedProxies: 0,
  maxWaitingScans: 1_000,
  maxWaitingExports: 1_000,
  maxOpenRuns: 1_000,
  maxHeavyRequests: 4,
} as const;

interface Running {
  readonly http: HttpServer;
  readonly eventStreams: EventStreams;
  readonly feed: BackgroundLoop | null;
  readonly accessDb: Database;
}

/** `holdings` of an empty gateway. */
export const NOTHING_STORED = { files: 0, images: 0, ingests: 0, runs: 0, tasks: 0 };

/** The API over real HTTP, with a Postgres database and folders of its own. */
export class TestGateway {
  /** Default key of requests. */
  adminKey = '';

  private constructor(
    readonly url: string,
    readonly port: number,
    readonly folder: string,
    readonly repositories: Repositories,
    readonly exportFiles: ExportStorage,
    readonly databaseUrl: string,
    readonly metrics: Registry,
    private readonly running: Running,
    private readonly contract: ContractCheck,
    private readonly database: TestDatabase | null,
  ) {}

  static async start(options: TestGatewayOptions = {}): Promise<TestGateway> {
    const database = options.databaseUrl === undefined ? await createTestDatabase(migrate) : null;
    const databaseUrl = options.databaseUrl ?? database?.url ?? '';
    const db = createDatabase({ url: databaseUrl, applicationName: 'gateway-test', ...options.database });
    const folder = await mkdtemp(join(tmpdir(), 'pugmark-gateway-'));
    await mkdir(join(folder, 'cards'));
    configureImages();
    const repositories = createRepositories(db);
    const exportFiles = new ExportStorage(join(folder, 'storage'));
    const cache = options.cache ?? new NoCache();
    const [logger, metrics] = [testLogger(), new Registry()];
    const accessDb = createDatabase({
      url: databaseUrl,
      applicationName: 'gateway-test',
      ...options.database,
      poolSize: 2,
    });
    const eventStreams = new EventStreams({
      deps: repositories,
      accessDb,
      settings: { ...STREAM_TIMES, maxStreams: 100, maxStreamsPerKey: 20, ...options.streams },
      logger,
      metrics,
    });
    const app = createApp({
      ...repositories,
      accessDb,
      uploads: new UploadStorage(join(folder, 'storage')),
      exportFiles,
      imageFiles: new ImageStorage(join(folder, 'storage')),
      imageChecker: options.imageChecker ?? { check: checkImage },
      renditions: new Renditions(
        new RenditionStorage(join(folder, 'storage')),
        options.renderer ?? { render: renderImage },
      ),
      cache,
      limiters: options.limiters ?? new NoCache(),
      eventStreams,
      settings: { ingestRoots: [join(folder, 'cards')], ...SETTINGS, ...options.settings },
      brokerStatus: () => ({
        ready: true,
        publisher: 'up',
        consumers: {},
        topology: 'verified',
        routes: [
          {
            kind: 'detect',
            queue: 'pugmark.detect',
            state: 'answered',
            responder: 'ml-worker@host/1',
            roundTripMs: 1.5,
            answeredAt: '2026-01-01T00:00:00.000Z',
          },
        ],
        problems: [],
      }),
      version: '1.2.3',
      logger,
      metrics,
    });
    const http = new HttpServer(app, {
      host: '127.0.0.1',
      port: 0,
      requestTimeoutMs: 60_000,
      idleTimeoutMs: 60_000,
      ...options.http,
    });
    const feed =
      options.writeFeedEveryMs === undefined
        ? null
        : feedLoop({ deps: repositories, cache, logger, metrics, everyMs: options.writeFeedEveryMs });
    const port = await http.listen();
    const url = `http://127.0.0.1:${port}/api/v1`;
    const contract = new ContractCheck((await (await fetch(`${url}/openapi.json`)).json()) as never);
    const gateway = new TestGateway(
      url,
      port,
      folder,
      repositories,
      exportFiles,
      databaseUrl,
      metrics,
      { http, eventStreams, feed, accessDb },
      contract,
      database,
    );
    if (options.databaseUrl === undefined) gateway.adminKey = await gateway.key(['admin']);
    return gateway;
  }

  get db(): Database {
    return this.repositories.db;
  }

  async stop(): Promise<void> {
    await this.drain();
    await Promise.all([this.repositories.db.destroy(), this.running.accessDb.destroy()]);
    await this.database?.drop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Shuts down gracefully; `stop` includes it. */
  async drain(): Promise<void> {
    const silent = this.running.eventStreams.close();
    await this.running.http.close(2_000);
    await Promise.all([silent, this.running.feed?.stop()]);
  }

  /** Listens to events, from `path` with its query. */
  async listen(path = '/feed', options: ListenOptions = {}): Promise<EventClient> {
    return EventClient.connect(this.url + path, {
      key: this.adminKey,
      ...options,
      check: (event, data) => this.contract.checkEvent('/api/v1/feed', event, data),
    });
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.request('GET', path, { headers });
  }

  async post(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('POST', path, body, headers);
  }

  async put(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('PUT', path, body, headers);
  }

  async patch(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('PATCH', path, body, headers);
  }

  private send(method: string, path: string, body: unknown, headers: Record<string, string>): Promise<Answer> {
    return this.request(method, path, {
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  async request(method: string, path: string, init: RequestInit = {}): Promise<Answer> {
    const headers = new Headers(init.headers);
    if (!headers.has('authorization') && !headers.has('cookie'))
      headers.set('authorization', `Bearer ${this.adminKey}`);
    // An empty header means none.
    if (headers.get('authorization') === '') headers.delete('authorization');
    const response = await fetch(this.url + path, { ...init, headers, method, signal: AbortSignal.timeout(15_000) });
    const type = response.headers.get('content-type') ?? '';
    // A stream does not end: only its head is read.
    if (type.startsWith('text/event-stream')) await response.body?.cancel();
    const text = response.bodyUsed ? '' : await response.text();
    const body = /json/.test(type) && text !== '' ? JSON.parse(text) : text;
    this.contract.check(method, new URL(response.url).pathname, response.status, response.headers, body);
    return { status: response.status, headers: response.headers, body };
  }

  /** Creates a key with these scopes. */
  async key(
    scopes: readonly Scope[],
    options: { projectIds?: readonly number[]; expiresAt?: Date } = {},
  ): Promise<string> {
    const { key, prefix, hash } = newApiKey();
    const { projectIds = null, expiresAt = null } = options;
    await this.repositories.keys.create(this.db, {
      name: scopes.join(' '),
      prefix,
      secretHash: hash,
      scopes,
      projectIds,
      expiresAt,
      createdBy: null,
    });
    return key;
  }

  /** Paths of all stored files, relative to the storage. */
  async storedFiles(): Promise<string[]> {
    const entries = await readdir(join(this.folder, 'storage'), { recursive: true, withFileTypes: true }).catch(
      () => [],
    );
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.folder.length + 9));
  }

  /** Counts of everything that an upload creates. */
  async storedCounts(): Promise<Readonly<Record<string, number>>> {
    const tables = ['images', 'ingests', 'runs', 'tasks'] as const;
    const counts = await Promise.all(
      tables.map(async (table) => [table, (await this.db.selectFrom(table).select('id').execute()).length] as const),
    );
    return { files: (await this.storedFiles()).length, ...Object.fromEntries(counts) };
  }

  /** Cleanup finishes after the client has got its response. */
  async waitForStoredCounts(expected: Readonly<Record<string, number>>): Promise<void> {
    await waitUntil(
      'the removal of what was cut off',
      async () => JSON.stringify(await this.storedCounts()) === JSON.stringify(expected),
    );
  }

  /** Resolves with the process id of a statement that waits for a lock in this database. */
  async waitForBlockedStatement(db: Database = this.db): Promise<number> {
    return waitUntil('a statement to wait for a lock', async () => {
      const { rows } = await sql<{
        pid: number;
      }>`select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
      return rows[0]?.pid;
    });
  }

  // Writes what the other services would, through the same repositories.

  async project(name = `project ${randomBytes(4).toString('hex')}`): Promise<number> {
    const row = await this.repositories.projects.create(this.db, name);
    return row?.id ?? 0;
  }

  async deployment(projectId: number, name = `deployment ${randomBytes(4).toString('hex')}`): Promise<number> {
    const row = await this.repositories.deployments.create(this.db, {
      project_id: projectId,
      name,
      timezone: 'Europe/Berlin',
    });
    return row?.id ?? 0;
  }

  async model(manifest: Partial<ModelManifest> = {}): Promise<ModelRow> {
    return this.repositories.models.register(this.db, { ...MANIFEST, ...manifest });
  }

  /** An ingest that has added images with these names; returns their ids in the same order. */
  async images(
    projectId: number,
    names: readonly string[],
    options: { deploymentId?: number | null; runId?: number | null; capturedLocal?: string } = {},
  ): Promise<{ ingestId: number; ids: number[] }> {
    const deploymentId = options.deploymentId ?? null;
    return this.db.transaction().execute(async (tx) => {
      const ingestId = await this.repositories.ingests.create(tx, {
        project_id: projectId,
        deployment_id: deploymentId,
        run_id: options.runId ?? null,
        source: 'folder',
        mode: 'reference',
        folder: '/srv/secret-place/cards',
      });
      await this.repositories.tasks.create(tx, { kind: 'scan', subjectId: ingestId });
      const images = names.map((name) => newImage(name, options.capturedLocal ?? null));
      const origin = { projectId, deploymentId, ingestId, mode: 'reference' as const };
      const added = await new ImageRepository().insertNew(tx, origin, images);
      const ids = images.map((image) => added.get(image.sha256.toString('hex')) ?? 0);
      if (options.runId != null)
        await new ImageRepository().createDetectTasks(tx, { id: options.runId, traceparent: null }, ids);
      return { ingestId, ids };
    });
  }

  async detections(
    imageId: number,
    modelId: number,
    detections: readonly Detection[],
    warning: 'truncated' | null = null,
  ): Promise<void> {
    await this.db
      .transaction()
      .execute((tx) =>
        new DetectionRepository().insertNew(tx, [
          { imageId, modelId, engine: 'null', warning, decodeMs: 1, inferMs: 1, detections },
        ]),
      );
  }

  async run(projectId: number, modelId: number): Promise<number> {
    return this.repositories.runs.create(this.db, { projectId, modelId, classify: null, priority: 0 });
  }

  /** Claims the tasks of a kind and subjects, as a worker does. */
  async claim(kind: 'scan' | 'detect' | 'export' | 'derive', subjectIds: readonly number[]): Promise<ClaimedTask[]> {
    const rows = await this.db
      .selectFrom('tasks')
      .select(['id', 'attempt'])
      .where('kind', '=', kind)
      .where('subject_id', 'in', [...subjectIds])
      .execute();
    return this.repositories.tasks.claim(
      kind,
      rows.map((row) => ({ id: row.id, attempt: row.attempt + 1 })),
      'test-worker',
    );
  }

  /** Ends the tasks of a kind and subjects. */
  async finish(
    kind: 'scan' | 'detect' | 'export' | 'derive',
    subjectIds: readonly number[],
    failure?: { code: string; message: string },
  ): Promise<void> {
    const tasks = await this.claim(kind, subjectIds);
    await this.repositories.tasks.commit(
      tasks.map((task) =>
        failure === undefined ? { task, outcome: 'done', result: null } : { task, outcome: 'failed', ...failure },
      ),
      (tx, done) => new RunCountsRepository().add(tx, kind === 'detect' ? done.map(({ task }) => task.id) : []),
    );
  }
}

export function animal(confidence: number): Detection {
  return { category: 'animal', label: 'bear', confidence, box: { x: 0.25, y: 0.25, width: 0.5, height: 0.5 } };
}

export function newImage(name: string, capturedLocal: string | null): NewImage {
  return {
    sha256: randomBytes(32),
    location: `/srv/secret-place/cards/${name}`,
    filePath: name,
    format: 'jpeg',
    bytes: 1_000,
    width: 1920,
    height: 1080,
    capturedLocal,
    cameraMake: 'Reconyx',
    cameraModel: 'HF2X',
    cameraSerial: null,
    latitude: null,
    longitude: null,
  };
}
