import { sql } from 'kysely';
import type { DatabaseTransaction } from '../connection/database';

/**
 * Static boxes are to be looked for in the deployments of these images: something was found in them. One row for each deployment, never
 * updated: writers do not wait for one another. The images are locked already, so that they stay where they are.
 */
export async function markStaticDetectionsStale(tx: DatabaseTransaction, imageIds: readonly number[]): Promise<void> {
  if (imageIds.length === 0) return;
  await sql`
    insert into stale_static_detections (deployment_id)
    select distinct deployment_id from images where id = any(${[...imageIds]}::bigint[]) and deployment_id is not null`.execute(
    tx,
  );
}

/** The image was moved and is locked: what was in the same place at `left` all the time is not so where it is now. To be called before what counts is derived. */
export async function detachStaticDetections(
  tx: DatabaseTransaction,
  imageId: number,
  previousDeploymentId: number | null,
): Promise<void> {
  await sql`update detections set static_detection_id = null where image_id = ${imageId} and static_detection_id is not null`.execute(
    tx,
  );
  if (previousDeploymentId !== null)
    await sql`insert into stale_static_detections (deployment_id) values (${previousDeploymentId})`.execute(tx);
  await markStaticDetectionsStale(tx, [imageId]);
}
