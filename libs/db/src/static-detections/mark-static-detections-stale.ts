import { sql } from 'kysely';
import type { DatabaseTransaction } from '../connection/database';

/**
 * Requests a search for static detections in the deployments of these images, which have new results. Adds one row for
 * each deployment and updates none, so that writers do not wait for one another. The images are locked, so that their
 * deployment cannot change.
 */
export async function markStaticDetectionsStale(tx: DatabaseTransaction, imageIds: readonly number[]): Promise<void> {
  if (imageIds.length === 0) return;
  await sql`
    insert into stale_static_detections (deployment_id)
    select distinct deployment_id from images
      where id = any(${[...imageIds]}::bigint[]) and deployment_id is not null`.execute(tx);
}

/**
 * Removes an image that was moved from the static detections of its previous deployment. The image is locked. Must be
 * called before effective observations are derived.
 */
export async function detachStaticDetections(
  tx: DatabaseTransaction,
  imageId: number,
  previousDeploymentId: number | null,
): Promise<void> {
  await sql`update detections set static_detection_id = null
    where image_id = ${imageId} and static_detection_id is not null`.execute(tx);
  if (previousDeploymentId !== null)
    await sql`insert into stale_static_detections (deployment_id) values (${previousDeploymentId})`.execute(tx);
  await markStaticDetectionsStale(tx, [imageId]);
}
