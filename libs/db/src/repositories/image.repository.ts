import { sql } from 'kysely';
import type { DatabaseTransaction, Executor } from '../database';
import type { ImageFormat, StorageMode } from '../schema';

export interface NewImage {
  readonly sha256: Buffer;
  readonly location: string;
  readonly filePath: string;
  readonly format: ImageFormat;
  readonly bytes: number;
  /** Pixels of the upright picture. */
  readonly width: number;
  readonly height: number;
  /** The camera's clock, `YYYY-MM-DDTHH:mm:ss`; null when the picture has none. */
  readonly capturedLocal: string | null;
  readonly cameraMake: string | null;
  readonly cameraModel: string | null;
  readonly cameraSerial: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
}

/** What all images of one step of an ingest have in common. */
export interface ImageOrigin {
  readonly projectId: number;
  readonly deploymentId: number | null;
  readonly ingestId: number;
  readonly mode: StorageMode;
  readonly timezone: string | null;
  readonly clockOffsetSeconds: number | null;
}

export interface ImageFile {
  readonly id: number;
  readonly mode: StorageMode;
  readonly location: string;
}

export class ImageRepository {
  /**
   * Stores pictures, each content once in a project. Answers the new ones as hex sha256 → id; what is missing in the answer was
   * there before. The instant is derived by Postgres from wall clock, clock offset and zone.
   */
  async insertNew(tx: DatabaseTransaction, origin: ImageOrigin, images: readonly NewImage[]): Promise<Map<string, number>> {
    if (images.length === 0) return new Map();
    const rows = await tx
      .insertInto('images')
      .values(
        images.map((image) => ({
          project_id: origin.projectId,
          deployment_id: origin.deploymentId,
          ingest_id: origin.ingestId,
          sha256: image.sha256,
          mode: origin.mode,
          location: image.location,
          file_path: image.filePath,
          format: image.format,
          bytes: image.bytes,
          width: image.width,
          height: image.height,
          captured_local: image.capturedLocal,
          captured_at:
            origin.timezone === null || image.capturedLocal === null
              ? null
              : sql<Date>`(${image.capturedLocal}::timestamp + ${origin.clockOffsetSeconds ?? 0} * interval '1 second') at time zone ${origin.timezone}`,
          camera_make: image.cameraMake,
          camera_model: image.cameraModel,
          camera_serial: image.cameraSerial,
          latitude: image.latitude,
          longitude: image.longitude,
        })),
      )
      .onConflict((conflict) => conflict.columns(['project_id', 'sha256']).doNothing())
      .returning(['id', 'sha256'])
      .execute();
    return new Map(rows.map((row) => [row.sha256.toString('hex'), row.id]));
  }

  /** The ids of the project's images with these contents, by hex sha256. */
  async idsByHash(db: Executor, projectId: number, hashes: readonly Buffer[]): Promise<Map<string, number>> {
    if (hashes.length === 0) return new Map();
    const rows = await db
      .selectFrom('images')
      .select(['id', 'sha256'])
      .where('project_id', '=', projectId)
      .where('sha256', 'in', [...hashes])
      .execute();
    return new Map(rows.map((row) => [row.sha256.toString('hex'), row.id]));
  }

  /** One detect task for each image, in the transaction that stores the images. */
  async createDetectTasks(
    tx: DatabaseTransaction,
    run: { id: number; traceparent: string | null },
    imageIds: readonly number[],
  ): Promise<void> {
    if (imageIds.length === 0) return;
    await sql`
      insert into tasks (kind, subject_id, run_id, priority, traceparent)
      select 'detect', i.id, r.id, r.priority, ${run.traceparent}::text
      from unnest(${[...imageIds]}::bigint[]) as i (id), runs r where r.id = ${run.id} and r.cancelled_at is null order by i.id for share of r`.execute(tx);
  }

  /** Where the pictures lie. */
  async files(db: Executor, ids: readonly number[]): Promise<ImageFile[]> {
    return db.selectFrom('images').select(['id', 'mode', 'location']).where('id', 'in', [...ids]).execute();
  }
}
