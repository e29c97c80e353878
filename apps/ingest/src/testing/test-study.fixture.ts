import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import {
  DeploymentRepository,
  DetectionRepository,
  ImageRepository,
  TaskRepository,
  createDatabase,
  migrate,
  type Database,
  type NewImage,
} from '@pugmark/db';
import type { ClaimedTask, Detection } from '@pugmark/domain';
import type { TaskContext } from '@pugmark/tasks';
import { createTestDatabase, type TestDatabase } from '@pugmark/testing';

/** A database of its own with projects, deployments and images. */
export class TestStudy {
  readonly images = new ImageRepository();
  readonly tasks: TaskRepository;

  private constructor(
    readonly db: Database,
    /** Folder of the storage. */
    readonly storage: string,
    private readonly server: TestDatabase,
  ) {
    this.tasks = new TaskRepository(db);
  }

  static async start(): Promise<TestStudy> {
    const server = await createTestDatabase(migrate);
    return new TestStudy(
      createDatabase({ url: server.url, applicationName: 'ingest-test' }),
      await mkdtemp(join(tmpdir(), 'pugmark-ingest-')),
      server,
    );
  }

  async stop(): Promise<void> {
    await this.db.destroy();
    await this.server.drop();
    await rm(this.storage, { recursive: true });
  }

  async project(): Promise<number> {
    const { id } = await this.db
      .insertInto('projects')
      .values({ name: randomName() })
      .returning('id')
      .executeTakeFirstOrThrow();
    return id;
  }

  async deployment(projectId: number): Promise<number> {
    const deployment = { project_id: projectId, name: randomName(), timezone: 'UTC' };
    return (await new DeploymentRepository().create(this.db, deployment))!.id;
  }

  async ingest(projectId: number, deploymentId: number | null = null): Promise<number> {
    const { id } = await this.db
      .insertInto('ingests')
      .values({ project_id: projectId, deployment_id: deploymentId, source: 'folder', mode: 'copy', folder: '/c' })
      .returning('id')
      .executeTakeFirstOrThrow();
    return id;
  }

  /**
   * Images of an ingest of their own, taken at six o'clock on 1 June 2026; `contents` are the SHA-256 of the first
   * ones, the others are random. Returns their ids.
   */
  async addImages(
    projectId: number,
    deploymentId: number | null,
    count: number,
    contents: readonly Buffer[] = [],
  ): Promise<number[]> {
    const ingestId = await this.ingest(projectId, deploymentId);
    const added = await this.db.transaction().execute((tx) =>
      this.images.insertNew(
        tx,
        { projectId, deploymentId, ingestId, mode: 'copy' },
        Array.from({ length: count }, (_, n) => {
          const sha256 = contents[n] ?? randomBytes(32);
          const hex = sha256.toString('hex');
          return this.newImage(sha256, `images/${hex.slice(0, 2)}/${hex.slice(2, 4)}/${hex}.jpg`);
        }),
      ),
    );
    return [...added.values()].sort((a, b) => a - b);
  }

  /** An image that was taken at six o'clock on 1 June 2026. */
  newImage(sha256: Buffer, location: string): NewImage {
    return {
      sha256,
      location,
      filePath: 'x.jpg',
      format: 'jpeg',
      bytes: 1,
      width: 1,
      height: 1,
      capturedLocal: '2026-06-01T06:00:00',
      cameraMake: null,
      cameraModel: null,
      cameraSerial: null,
      latitude: null,
      longitude: null,
    };
  }

  /** Number of sessions that wait for a lock of this kind. */
  async waiting(lock: 'advisory' | 'transactionid'): Promise<number> {
    const { rows } = await sql`select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and wait_event = ${lock}`.execute(this.db);
    return rows.length;
  }

  async model(): Promise<number> {
    const { id } = await this.db
      .insertInto('models')
      .values({ name: randomName(), version: '1', licence: 'MIT', threshold: 0.5, manifest: '{}' })
      .returning('id')
      .executeTakeFirstOrThrow();
    return id;
  }

  /** Adds the same result for each image. */
  async infer(imageIds: readonly number[], modelId: number, detections: readonly Detection[]): Promise<void> {
    const result = { modelId, engine: 'null' as const, warning: null, decodeMs: 1, inferMs: 1, detections };
    await this.db.transaction().execute((tx) =>
      new DetectionRepository().insertNew(
        tx,
        imageIds.map((imageId) => ({ imageId, ...result })),
      ),
    );
  }

  /** Claims the next attempt of the task of this kind and subject, as a worker does. */
  async claim(kind: 'scan' | 'derive', subjectId: number): Promise<ClaimedTask> {
    const { id, attempt } = await this.db
      .selectFrom('tasks')
      .select(['id', 'attempt'])
      .where('kind', '=', kind)
      .where('subject_id', '=', subjectId)
      .executeTakeFirstOrThrow();
    const [task] = await this.tasks.claim(kind, [{ id, attempt: attempt + 1 }], 'test');
    if (task === undefined) throw new Error('not claimed');
    return task;
  }
}

/** The context of a handler whose task is not lost, in a service that does not drain unless by this signal. */
export function taskContext(draining: AbortSignal = new AbortController().signal): TaskContext {
  return { signalOf: () => new AbortController().signal, draining, progress: () => undefined };
}

export function animal(confidence: number): Detection {
  return { category: 'animal', label: 'bear', confidence, box: { x: 0.25, y: 0.125, width: 0.5, height: 0.0625 } };
}

function randomName(): string {
  return randomBytes(6).toString('hex');
}
