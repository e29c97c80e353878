import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NoCache, type Cache } from '@pugmark/cache';
import {
  DeploymentRepository,
  LocationRepository,
  DetectionRepository,
  ExportRepository,
  ImageRepository,
  IngestRepository,
  ModelRepository,
  ProjectRepository,
  ReviewRepository,
  RunRepository,
  TaskRepository,
  createDatabase,
  migrate,
  type Database,
  type ExportContent,
  type ExportFilter,
  type ExportWithTask,
} from '@pugmark/db';
import type { ClaimedTask, Detection, ReviewedObservation, TaskOutcome } from '@pugmark/domain';
import { ExportStorage } from '@pugmark/storage';
import { createTestDatabase, testLogger, type TestDatabase } from '@pugmark/testing';
import type { TaskContext } from '@pugmark/tasks';
import { ExportHandler } from './handlers/export.handler';
import { ProgressReportingStore } from './services/progress-reporting-store';

/** A database and a storage for one test, with one project and one model. */
export class ExportBench {
  readonly exports = new ExportRepository();
  readonly tasks: TaskRepository;
  files: ExportStorage;
  projectId = 0;
  modelId = 0;
  deploymentId = 0;

  private constructor(
    readonly db: Database,
    readonly folder: string,
    private readonly database: TestDatabase,
  ) {
    this.tasks = new TaskRepository(db);
    this.files = new ExportStorage(folder);
  }

  static async start(): Promise<ExportBench> {
    const database = await createTestDatabase(migrate);
    const db = createDatabase({ url: database.url, applicationName: 'export-worker-test' });
    const bench = new ExportBench(db, await mkdtemp(join(tmpdir(), 'pugmark-exports-')), database);
    bench.modelId = (
      await new ModelRepository().register(db, {
        name: 'test-model',
        version: '1.0.0',
        licence: 'MIT',
        format: 'tfjs-graph',
        files: [],
        input: { width: 512, height: 512 },
        resize: 'letterbox',
        normalisation: '0..255',
        decoder: 'centernet',
        labels: [],
        categories: {},
        storeThreshold: 0.1,
        threshold: 0.5,
        batch: 8,
      })
    ).id;
    await bench.newProject();
    return bench;
  }

  async stop(): Promise<void> {
    await this.db.destroy();
    await this.database.drop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Creates a project, to which everything is added from now on. */
  async newProject(deploymentName = 'Ridge'): Promise<void> {
    this.projectId =
      (await new ProjectRepository().create(this.db, `project ${randomBytes(4).toString('hex')}`))?.id ?? 0;
    const deployments = new DeploymentRepository();
    const location = { projectId: this.projectId, name: 'North, "upper"', latitude: null, longitude: null };
    const locationId = await this.db.transaction().execute((tx) => new LocationRepository().ensure(tx, location));
    const deployment = await deployments.create(this.db, {
      project_id: this.projectId,
      location_id: locationId,
      name: deploymentName,
      timezone: 'Europe/Berlin',
    });
    this.deploymentId = deployment?.id ?? 0;
  }

  /** Creates an image with these detections. */
  async image(
    filePath: string,
    detections: readonly Detection[],
    capturedLocal: string | null = null,
  ): Promise<number> {
    const { projectId, deploymentId, modelId } = this;
    return this.db.transaction().execute(async (tx) => {
      const ingestId = await new IngestRepository().create(tx, {
        project_id: projectId,
        source: 'folder',
        mode: 'reference',
        folder: '/x',
      });
      const sha256 = randomBytes(32);
      const added = await new ImageRepository().insertNew(
        tx,
        { projectId, deploymentId, ingestId, mode: 'reference' },
        [
          {
            sha256,
            location: `/x/${filePath}`,
            filePath,
            format: 'jpeg',
            bytes: 1,
            width: 1920,
            height: 1080,
            capturedLocal,
            cameraMake: null,
            cameraModel: null,
            cameraSerial: null,
            latitude: null,
            longitude: null,
          },
        ],
      );
      const imageId = added.get(sha256.toString('hex')) ?? 0;
      await new DetectionRepository().insertNew(tx, [
        { imageId, modelId, engine: 'null', warning: null, decodeMs: 1, inferMs: 1, detections },
      ]);
      return imageId;
    });
  }

  /** Records what a person named Kim annotated; null withdraws it. */
  async review(imageId: number, observations: readonly Partial<ReviewedObservation>[] | null): Promise<void> {
    const all =
      observations?.map((one) => ({
        category: 'animal' as const,
        label: 'animal',
        taxonId: null,
        individuals: 1,
        box: null,
        detectionId: null,
        ...one,
      })) ?? null;
    const kim = { name: 'Kim', keyId: null, note: null, batchId: null };
    await this.db
      .transaction()
      .execute((tx) =>
        new ReviewRepository().add(tx, this.projectId, kim, [
          { imageId, action: all === null ? 'withdraw' : 'set', observations: all },
        ]),
      );
  }

  /** Ids of the image's detections, in the order of their creation. */
  async detectionIds(imageId: number): Promise<number[]> {
    return (
      await this.db.selectFrom('detections').select('id').where('image_id', '=', imageId).orderBy('id').execute()
    ).map(({ id }) => id);
  }

  async run(): Promise<number> {
    return new RunRepository().create(this.db, {
      projectId: this.projectId,
      modelId: this.modelId,
      classify: null,
      priority: 0,
    });
  }

  async newExport(filter: ExportFilter = {}, content: ExportContent = 'detections'): Promise<number> {
    return this.db.transaction().execute(async (tx) => {
      const id = await this.exports.create(tx, { projectId: this.projectId, content, filter });
      await this.tasks.create(tx, { kind: 'export', subjectId: id });
      return id;
    });
  }

  async claim(exportId: number): Promise<ClaimedTask> {
    const row = await this.db
      .selectFrom('tasks')
      .select(['id', 'attempt'])
      .where('kind', '=', 'export')
      .where('subject_id', '=', exportId)
      .executeTakeFirstOrThrow();
    const [task] = await this.tasks.claim('export', [{ id: row.id, attempt: row.attempt + 1 }], 'test');
    if (task === undefined) throw new Error('nothing was claimed');
    return task;
  }

  handler(options: { pageRows?: number; keepSeconds?: number; cache?: Cache } = {}): ExportHandler {
    return new ExportHandler(
      { db: this.db, exports: this.exports, cache: options.cache ?? new NoCache(), logger: testLogger() },
      this.files,
      {
        pageRows: options.pageRows ?? 100,
        keepSeconds: options.keepSeconds ?? 3_600,
      },
    );
  }

  /** Processes one notification as a worker does: claim, handle, commit. */
  async work(
    exportId: number,
    options: { pageRows?: number; keepSeconds?: number; cache?: Cache } = {},
  ): Promise<TaskOutcome<unknown>> {
    const handler = this.handler(options);
    const outcomes = await handler.handle([await this.claim(exportId)], context());
    await new ProgressReportingStore(this.tasks, options.cache ?? new NoCache()).commit(outcomes, (tx, done) =>
      handler.write(tx, done),
    );
    return outcomes[0] as TaskOutcome<unknown>;
  }

  /** The finished export and its file, after verifying hash and size. */
  async result(exportId: number): Promise<{ row: ExportWithTask; text: string; lines: string[] }> {
    const row = await this.exports.find(this.db, exportId);
    if (row?.file_key == null) throw new Error(`the export has no file: ${JSON.stringify(row)}`);
    const content = await readFile(this.files.pathOf(row.file_key));
    expect(row.bytes).toBe(content.length);
    expect(row.sha256).toEqual(createHash('sha256').update(content).digest());
    const text = content.toString('utf8');
    return { row, text, lines: text.split('\r\n').slice(0, -1) };
  }

  /** Lists all files in the storage. */
  async storedFiles(): Promise<string[]> {
    const entries = await readdir(this.folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.folder.length + 1))
      .sort();
  }
}

export function context(
  signal: AbortSignal = new AbortController().signal,
  draining: AbortSignal = new AbortController().signal,
): TaskContext {
  return { signalOf: () => signal, draining, progress: () => undefined };
}

export function detection(confidence: number, more: Partial<Detection> = {}): Detection {
  return {
    category: 'animal',
    label: 'bear',
    confidence,
    box: { x: 0.25, y: 0.125, width: 0.5, height: 0.0625 },
    ...more,
  };
}

/** Parses RFC 4180, independently of the code that writes it. */
export function parseCsv(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  const cells = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  for (let match = cells.exec(text); match !== null; match = cells.exec(text)) {
    record.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === ',') continue;
    records.push(record);
    record = [];
  }
  return records;
}
