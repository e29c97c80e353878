import { sql } from 'kysely';
import { RetryableError } from '@pugmark/domain';
import { takeAdvisoryLock } from '../connection/advisory-locks';
import type { DatabaseTransaction } from '../connection/database';

/**
 * Deletes a deployment without images, and what was derived of it; its ingests remain, without a deployment. Throws
 * RetryableError `deployment_in_use` if images have come meanwhile.
 */
export async function deleteDeployment(tx: DatabaseTransaction, id: number): Promise<void> {
  // Whoever forms its events or searches it has ended, or will find nothing to do.
  await takeAdvisoryLock(tx, 'eventForming', id);
  await takeAdvisoryLock(tx, 'staticDetectionSearch', id);
  await sql`select 1 from deployments where id = ${id} for update`.execute(tx);
  const { rows } = await sql`select 1 from images where deployment_id = ${id} limit 1`.execute(tx);
  if (rows.length > 0)
    throw new RetryableError('deployment_in_use', 'images have come while the deployment was deleted');
  for (const table of DERIVED) await sql`delete from ${sql.table(table)} where deployment_id = ${id}`.execute(tx);
  await sql`update ingests set deployment_id = null where deployment_id = ${id}`.execute(tx);
  await sql`delete from deployments where id = ${id}`.execute(tx);
}

const DERIVED = [
  'events',
  'stale_events',
  'stale_static_detections',
  'static_detections',
  'image_counts_by_hour',
  'image_counts_by_day',
] as const;
