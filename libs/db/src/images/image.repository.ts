import { sql, type RawBuilder } from 'kysely';
import type { DatabaseTransaction, Executor } from '../connection/database';
import { lockImages, refreshObservations, summariseNewImages } from '../observations/refresh-observations';
import { detachStaticDetections } from '../static-detections/mark-static-detections-stale';
import type { ImageFormat } from './images.tables';
import type { StorageMode } from '../ingests/ingests.tables';
import { instantOf, localTimeOf, dstIssueOf } from '../sql/local-time';

export interface NewImage {
  readonly sha256: Buffer;
  readonly location: string;
  readonly filePath: string;
  readonly format: ImageFormat;
  readonly bytes: number;
  /** Pixels of the upright image. */
  readonly width: number;
  readonly height: number;
  /** Reading of the camera's clock, `YYYY-MM-DDTHH:mm:ss`; null when the file has none. */
  readonly capturedLocal: string | null;
  readonly cameraMake: string | null;
  readonly cameraModel: string | null;
  readonly cameraSerial: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
}

/** Values that all images of one step of an ingest share. */
export interface ImageOrigin {
  readonly projectId: number;
  readonly deploymentId: number | null;
  readonly ingestId: number;
  readonly mode: StorageMode;
}

/**
 * A person's correction of an image's place and time. Absent: unchanged; null: unknown, and the camera's reading is
 * used again.
 */
export interface ImageCorrection {
  readonly deploymentId?: number | null;
  readonly manualLocal?: string | null;
}

/** The file of an image, for a response. */
export interface DownloadableImage extends ImageFile {
  readonly filePath: string;
  readonly format: ImageFormat;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

export interface ImageFile {
  readonly id: number;
  readonly mode: StorageMode;
  readonly location: string;
}

export class ImageRepository {
  /**
   * Stores images, each content once in a project. Returns the new ones as hex sha256 → id; missing ones existed
   * before. Postgres derives the instant from the local time, the clock offset and the time zone. The deployment is
   * locked, so that it is either corrected before, and these images use the correction, or after, and they are
   * corrected with the others.
   */
  async insertNew(
    tx: DatabaseTransaction,
    origin: ImageOrigin,
    images: readonly NewImage[],
  ): Promise<Map<string, number>> {
    if (images.length === 0) return new Map();
    const place = await this.#lockDeployment(tx, origin.deploymentId);
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
          ...deriveTimes(image.capturedLocal, place),
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
    await summariseNewImages(
      tx,
      rows.map(({ id }) => id),
    );
    return new Map(rows.map((row) => [row.sha256.toString('hex'), row.id]));
  }

  /** Finds the ids of the project's images with these contents, by hex sha256. */
  async findIdsByHash(db: Executor, projectId: number, hashes: readonly Buffer[]): Promise<Map<string, number>> {
    if (hashes.length === 0) return new Map();
    const rows = await db
      .selectFrom('images')
      .select(['id', 'sha256'])
      .where('project_id', '=', projectId)
      .where('sha256', 'in', [...hashes])
      .execute();
    return new Map(rows.map((row) => [row.sha256.toString('hex'), row.id]));
  }

  /** Creates a detect task for each image, in the transaction that stores the images. */
  async createDetectTasks(
    tx: DatabaseTransaction,
    run: { id: number; traceparent: string | null },
    imageIds: readonly number[],
  ): Promise<void> {
    if (imageIds.length === 0) return;
    await sql`
      insert into tasks (kind, subject_id, run_id, priority, paused, traceparent)
      select 'detect', i.id, r.id, r.priority, r.paused_at is not null, ${run.traceparent}::text
      from unnest(${[...imageIds]}::bigint[]) as i (id), runs r where r.id = ${run.id} and r.cancelled_at is null
        order by i.id for share of r`.execute(tx);
  }

  /**
   * Locks an image for this correction until the transaction ends, and before it the deployment that its time depends
   * on, in the same order as a correction of the deployment: the time zone must not change meanwhile. Returns false if
   * the image does not exist.
   */
  async lock(tx: DatabaseTransaction, id: number, to: ImageCorrection): Promise<boolean> {
    const before = await tx.selectFrom('images').select('deployment_id').where('id', '=', id).executeTakeFirst();
    if (before === undefined) return false;
    await this.#lockDeployment(tx, to.deploymentId === undefined ? before.deployment_id : to.deploymentId);
    const locked = await tx
      .selectFrom('images')
      .select('deployment_id')
      .where('id', '=', id)
      .forNoKeyUpdate()
      .executeTakeFirst();
    if (locked === undefined) return false;
    // The image was moved meanwhile. Now the image is locked first: a conflict with the opposite order is a deadlock,
    // which is retried.
    if (to.deploymentId === undefined && locked.deployment_id !== before.deployment_id)
      await this.#lockDeployment(tx, locked.deployment_id);
    return true;
  }

  /** Corrects the place and time of an image that is locked for it, and derives its instant again. */
  async correct(tx: DatabaseTransaction, id: number, to: ImageCorrection): Promise<void> {
    const before = await tx.selectFrom('images').select('deployment_id').where('id', '=', id).executeTakeFirst();
    await tx
      .updateTable('images')
      .set((eb) => ({
        deployment_id: to.deploymentId === undefined ? eb.ref('deployment_id') : eb.val(to.deploymentId),
        manual_local: to.manualLocal === undefined ? eb.ref('manual_local') : eb.val(to.manualLocal),
      }))
      .where('id', '=', id)
      .execute();
    await this.#deriveTimes(tx, sql`i.id = ${id}`);
    if (before !== undefined && to.deploymentId !== undefined && to.deploymentId !== before.deployment_id)
      await detachStaticDetections(tx, [id], before.deployment_id === null ? [] : [before.deployment_id]);
    await refreshObservations(tx, [id]);
  }

  /** Lists images of a deployment after `afterId`, in order of id. */
  async listOfDeployment(db: Executor, deploymentId: number, afterId: number, limit: number): Promise<number[]> {
    const rows = await db
      .selectFrom('images')
      .select('id')
      .where('deployment_id', '=', deploymentId)
      .where('id', '>', afterId)
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows.map(({ id }) => id);
  }

  async countOfDeployment(db: Executor, deploymentId: number): Promise<number> {
    const { count } = await db
      .selectFrom('images')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('deployment_id', '=', deploymentId)
      .executeTakeFirstOrThrow();
    return count;
  }

  /**
   * Derives the instants of these images again, and what depends on the dates of their deployment. Their deployment
   * must be locked.
   */
  async deriveTimes(tx: DatabaseTransaction, imageIds: readonly number[]): Promise<void> {
    // Before they are updated in any order.
    await lockImages(tx, imageIds);
    await this.#deriveTimes(tx, sql`i.id = any(${[...imageIds]}::bigint[])`);
    await refreshObservations(tx, imageIds);
  }

  /** Derives the effective observations of these images again, after a correction of the taxa that they show. */
  async deriveObservations(tx: DatabaseTransaction, imageIds: readonly number[]): Promise<void> {
    await refreshObservations(tx, imageIds);
  }

  /**
   * Assigns images to another deployment, or to none, and derives their times and observations again. The deployment
   * must be locked.
   */
  async move(tx: DatabaseTransaction, imageIds: readonly number[], toDeploymentId: number | null): Promise<void> {
    await lockImages(tx, imageIds);
    const { rows } = await sql<{ id: number; deploymentId: number | null }>`
      select id, deployment_id as "deploymentId" from images
      where id = any(${[...imageIds]}::bigint[]) and deployment_id is distinct from ${toDeploymentId}`.execute(tx);
    const moved = rows.map(({ id }) => id);
    if (moved.length === 0) return;
    await sql`update images set deployment_id = ${toDeploymentId} where id = any(${moved}::bigint[])`.execute(tx);
    await detachStaticDetections(
      tx,
      moved,
      rows.flatMap(({ deploymentId }) => deploymentId ?? []),
    );
    await this.deriveTimes(tx, moved);
  }

  async #deriveTimes(tx: DatabaseTransaction, which: RawBuilder<unknown>): Promise<void> {
    const local = localTimeOf('i', 'd');
    await sql`
      update images set captured_at = derived.instant, dst_issue = derived.doubt
      from (
        select i.id, i.deployment_id, i.manual_local, ${instantOf(sql`reading.local`, sql`d.timezone`)} as instant,
          ${dstIssueOf(sql`reading.local`, sql`d.timezone`)} as doubt
        from images i left join deployments d on d.id = i.deployment_id
          cross join lateral (select ${local} as local) reading
        where ${which}
      ) derived
      -- Skips images that were corrected concurrently: that correction has derived their times.
      where derived.id = images.id
        and (images.deployment_id, images.manual_local) is not distinct
          from (derived.deployment_id, derived.manual_local)
        and (images.captured_at, images.dst_issue) is distinct from (derived.instant, derived.doubt)`.execute(tx);
  }

  async #lockDeployment(tx: DatabaseTransaction, deploymentId: number | null): Promise<CameraClock | null> {
    if (deploymentId === null) return null;
    return tx
      .selectFrom('deployments')
      .select(['timezone', 'clock_offset_seconds'])
      .where('id', '=', deploymentId)
      .forShare()
      .executeTakeFirstOrThrow();
  }

  async findDownloadable(db: Executor, id: number): Promise<DownloadableImage | null> {
    const row = await db
      .selectFrom('images')
      .select(['id', 'mode', 'location', 'file_path as filePath', 'format', 'bytes', 'sha256'])
      .where('id', '=', id)
      .executeTakeFirst();
    return row === undefined ? null : { ...row, sha256: row.sha256.toString('hex') };
  }

  /** Finds where the files of these images are. */
  async findFiles(db: Executor, ids: readonly number[]): Promise<ImageFile[]> {
    return db
      .selectFrom('images')
      .select(['id', 'mode', 'location'])
      .where('id', 'in', [...ids])
      .execute();
  }
}

/** How a deployment converts the readings of a camera's clock to instants. */
interface CameraClock {
  readonly timezone: string;
  readonly clock_offset_seconds: number;
}

function deriveTimes(capturedLocal: string | null, place: CameraClock | null) {
  if (capturedLocal === null || place === null) return { captured_at: null, dst_issue: null };
  const local = sql`(${capturedLocal}::timestamp + ${place.clock_offset_seconds}::int * interval '1 second')`;
  const zone = sql`${place.timezone}::text`;
  return { captured_at: instantOf(local, zone), dst_issue: dstIssueOf(local, zone) };
}
