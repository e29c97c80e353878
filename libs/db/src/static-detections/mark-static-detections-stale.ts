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
 * Removes images that were moved from the static detections of their previous deployments. The images are locked. Must
 * be called before effective observations are derived.
 */
export async function detachStaticDetections(
  tx: DatabaseTransaction,
  imageIds: readonly number[],
  previousDeploymentIds: readonly number[],
): Promise<void> {
  await sql`update detections set static_detection_id = null
    where image_id = any(${[...imageIds]}::bigint[]) and static_detection_id is not null`.execute(tx);
  await sql`insert into stale_static_detections (deployment_id)
    select distinct id from unnest(${[...previousDeploymentIds]}::bigint[]) previous (id)`.execute(tx);
  await markStaticDetectionsStale(tx, imageIds);
}
