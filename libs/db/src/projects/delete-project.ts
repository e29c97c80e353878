import { sql, type RawBuilder } from 'kysely';
import { RetryableError } from '@pugmark/domain';
import type { DatabaseTransaction } from '../connection/database';
import { deleteDeployment } from '../deployments/delete-deployment';

/** Rows that are deleted in one transaction. */
const BATCH = 10_000;

/**
 * Deletes a project without images: a part of what belongs to it, in a transaction of bounded length. Returns whether
 * the project itself is deleted; if not, call again. Throws RetryableError `project_in_use` if images have come
 * meanwhile.
 */
export async function deleteProjectPart(tx: DatabaseTransaction, id: number): Promise<boolean> {
  await sql`select 1 from projects where id = ${id} for update`.execute(tx);
  const { rows: images } = await sql`select 1 from images where project_id = ${id} limit 1`.execute(tx);
  if (images.length > 0) throw new RetryableError('project_in_use', 'images have come while the project was deleted');
  for (const { table, condition } of manyRows(id)) {
    const { numAffectedRows } = await sql`delete from ${sql.table(table)} where ctid = any(array(
      select ctid from ${sql.table(table)} where ${condition} limit ${BATCH}))`.execute(tx);
    if (numAffectedRows === BigInt(BATCH)) return false;
  }
  const deployments = await tx.selectFrom('deployments').select('id').where('project_id', '=', id).execute();
  for (const deployment of deployments) await deleteDeployment(tx, deployment.id);
  for (const { table, condition } of fewRows(id))
    await sql`delete from ${sql.table(table)} where ${condition}`.execute(tx);
  await sql`delete from projects where id = ${id}`.execute(tx);
  return true;
}

interface Rows {
  readonly table: string;
  readonly condition: RawBuilder<unknown>;
}

/** Of millions of images there may be as many. */
function manyRows(id: number): readonly Rows[] {
  return [
    { table: 'ingest_files', condition: sql`ingest_id in (select id from ingests where project_id = ${id})` },
    { table: 'tasks', condition: sql`run_id in (select id from runs where project_id = ${id})` },
    {
      table: 'tasks',
      condition: sql`kind = 'scan' and subject_id in (select id from ingests where project_id = ${id})`,
    },
    {
      table: 'tasks',
      condition: sql`kind = 'export' and subject_id in (select id from exports where project_id = ${id})`,
    },
  ];
}

/** In the order in which they refer to one another. */
function fewRows(id: number): readonly Rows[] {
  const ofRuns = sql`run_id in (select id from runs where project_id = ${id})`;
  const ofProject = sql`project_id = ${id}`;
  return [
    { table: 'task_counts', condition: ofRuns },
    { table: 'run_counts', condition: ofRuns },
    ...[
      'feed',
      'exports',
      'review_batches',
      'ingests',
      'runs',
      'events',
      'stale_events',
      'static_detections',
      'image_counts_by_hour',
      'image_counts_by_day',
      'taxa',
      'locations',
      // Last: triggers add rows with the deletion of others.
      'project_changes',
    ].map((table) => ({ table, condition: ofProject })),
  ];
}
