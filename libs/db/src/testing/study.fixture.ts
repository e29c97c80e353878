import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { Category, Detection, ModelManifest, ReviewedObservation } from '@pugmark/domain';
import { createTestDatabase, type TestDatabase } from '@pugmark/testing';
import { createDatabase, type Database } from '../connection/database';
import { migrate } from '../migrations/migrate';
import { refreshObservations } from '../observations/refresh-observations';
import { DeploymentRepository } from '../deployments/deployment.repository';
import { DetectionRepository } from '../inferences/detection.repository';
import { ImageRepository } from '../images/image.repository';
import { LocationRepository } from '../locations/location.repository';
import { ModelRepository } from '../models/model.repository';

const BOX = { x: 0.1, y: 0.2, width: 0.3, height: 0.4 };

export function found(label: string, confidence = 0.9, category: Category = 'animal'): Detection {
  return { category, label, confidence, box: BOX };
}

/** A project with a model of threshold 0.5, and methods that write study data as the services do. */
export class Study {
  private constructor(
    private readonly server: TestDatabase,
    readonly db: Database,
    readonly projectId: number,
    readonly modelId: number,
    private readonly ingestId: number,
  ) {}

  static async start(): Promise<Study> {
    const server = await createTestDatabase(migrate);
    const db = createDatabase({ url: server.url, applicationName: 'test' });
    const project = await db.insertInto('projects').values({ name: 'P' }).returning('id').executeTakeFirstOrThrow();
    const model = await new ModelRepository().register(db, {
      name: 'm',
      version: '1',
      licence: 'MIT',
      threshold: 0.5,
      decoder: 'centernet',
    } as ModelManifest);
    const ingest = await db
      .insertInto('ingests')
      .values({ project_id: project.id, source: 'folder', mode: 'reference', folder: '/x' })
      .returning('id')
      .executeTakeFirstOrThrow();
    return new Study(server, db, project.id, model.id, ingest.id);
  }

  get databaseUrl(): string {
    return this.server.url;
  }

  async stop(): Promise<void> {
    await this.db.destroy();
    await this.server.drop();
  }

  async location(name: string, latitude: number | null = null, longitude: number | null = null): Promise<number> {
    return this.db
      .transaction()
      .execute((tx) => new LocationRepository().ensure(tx, { projectId: this.projectId, name, latitude, longitude }));
  }

  async deployment(
    name: string,
    options: { timezone?: string; locationId?: number; startsAt?: string; endsAt?: string } = {},
  ): Promise<number> {
    const { timezone = 'Europe/Berlin', locationId = null, startsAt, endsAt } = options;
    const row = await new DeploymentRepository().create(this.db, {
      project_id: this.projectId,
      name,
      timezone,
      location_id: locationId,
      starts_at: startsAt === undefined ? null : new Date(startsAt),
      ends_at: endsAt === undefined ? null : new Date(endsAt),
    });
    return row!.id;
  }

  /** `local`: reading of the camera's clock, `YYYY-MM-DDTHH:mm:ss`. */
  async image(
    deploymentId: number | null,
    local: string | null,
    detections?: readonly Detection[],
    name = 'x.jpg',
  ): Promise<number> {
    const sha256 = randomBytes(32);
    const added = await this.db.transaction().execute((tx) =>
      new ImageRepository().insertNew(
        tx,
        { projectId: this.projectId, deploymentId, ingestId: this.ingestId, mode: 'reference' },
        [
          {
            sha256,
            location: `/secret/${sha256.toString('hex')}.jpg`,
            filePath: name,
            format: 'jpeg',
            bytes: 1,
            width: 100,
            height: 100,
            capturedLocal: local,
            cameraMake: null,
            cameraModel: null,
            cameraSerial: null,
            latitude: null,
            longitude: null,
          },
        ],
      ),
    );
    const id = added.get(sha256.toString('hex'))!;
    if (detections !== undefined) await this.detect(id, detections);
    return id;
  }

  async detect(imageId: number, detections: readonly Detection[], modelId = this.modelId): Promise<void> {
    const result = { imageId, modelId, engine: 'null', warning: null, decodeMs: 1, inferMs: 1, detections };
    await this.db.transaction().execute((tx) => new DetectionRepository().insertNew(tx, [result]));
  }

  /** Adds a review of the image; null withdraws the annotation. */
  async review(imageId: number, observations: readonly Partial<ReviewedObservation>[] | null): Promise<void> {
    const all = observations?.map((one) => ({
      category: 'animal',
      label: 'animal',
      taxonId: null,
      individuals: 1,
      box: null,
      detectionId: null,
      ...one,
    }));
    await this.db.transaction().execute(async (tx) => {
      await sql`
        insert into reviews (project_id, image_id, action, observations, reviewer)
        values (${this.projectId}, ${imageId}, 'set', ${all === undefined ? null : JSON.stringify(all)},
          'test')`.execute(tx);
      await refreshObservations(tx, [imageId]);
    });
  }
}
