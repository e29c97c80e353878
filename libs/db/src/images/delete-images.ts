import { sql } from 'kysely';
import type { DatabaseTransaction } from '../connection/database';
import { RunCountsRepository } from '../runs/run-counts.repository';
import { markStaticDetectionsStale } from '../static-detections/mark-static-detections-stale';

/**
 * Deletes images with everything that is known of them: tasks, results of models, annotations, observations. Tasks are
 * deleted first, in the order in which a commit of their results locks them; a worker that holds one then commits
 * nothing. Events that the images belonged to are stale afterwards. Adds the contents to `deleted_contents`: their
 * files are removed later, by `removeDeletedContents`.
 */
export async function deleteImages(tx: DatabaseTransaction, imageIds: readonly number[]): Promise<void> {
  const ids = sql`any(${[...imageIds]}::bigint[])`;
  await deleteTasks(tx, imageIds);
  await sql`select 1 from images where id = ${ids} order by id for update`.execute(tx);
  await deleteEvents(tx, imageIds);
  await markStaticDetectionsStale(tx, imageIds);
  // Explicitly, not by the cascade of images: that fires the triggers that count once for each row.
  await sql`delete from observations where image_id = ${ids}`.execute(tx);
  await sql`delete from image_summaries where image_id = ${ids}`.execute(tx);
  await sql`delete from classifications where detection_id in (
    select id from detections where image_id = ${ids})`.execute(tx);
  await sql`delete from detections where image_id = ${ids}`.execute(tx);
  await sql`delete from inferences where image_id = ${ids}`.execute(tx);
  await sql`delete from reviews where image_id = ${ids}`.execute(tx);
  await sql`update ingest_files set image_id = null where image_id = ${ids}`.execute(tx);
  await sql`
    with deleted as (delete from images where id = ${ids} returning sha256, mode, location)
    insert into deleted_contents as known (sha256, location)
    select sha256, max(location) filter (where mode = 'copy') from deleted group by sha256 order by sha256
    on conflict (sha256) do update set location = coalesce(known.location, excluded.location)`.execute(tx);
}

async function deleteTasks(tx: DatabaseTransaction, imageIds: readonly number[]): Promise<void> {
  const { rows } = await sql<{ id: number; state: string }>`
    select id, state from tasks
    where kind in ('detect', 'classify') and subject_id = any(${[...imageIds]}::bigint[]) order by id for update`.execute(
    tx,
  );
  const done = rows.filter(({ state }) => state === 'done').map(({ id }) => id);
  await new RunCountsRepository().subtract(tx, done);
  await sql`delete from tasks where id = any(${rows.map(({ id }) => id)}::bigint[])`.execute(tx);
}

/**
 * Deletes the events that refer to one of the images, and marks their whole time as stale, and that of other events
 * which the images belong to.
 */
async function deleteEvents(tx: DatabaseTransaction, imageIds: readonly number[]): Promise<void> {
  await sql`
    insert into stale_events (project_id, deployment_id, from_at, to_at)
    select project_id, deployment_id, min(captured_at), max(captured_at) from image_summaries
    where image_id = any(${[...imageIds]}::bigint[]) and deployment_id is not null and captured_at is not null
    group by project_id, deployment_id`.execute(tx);
  await sql`
    with deleted as (
      delete from events where first_image_id = any(${[...imageIds]}::bigint[])
        or best_image_id = any(${[...imageIds]}::bigint[])
      returning project_id, deployment_id, starts_at, ends_at
    )
    insert into stale_events (project_id, deployment_id, from_at, to_at)
    select project_id, deployment_id, min(starts_at), max(ends_at) from deleted
    where deployment_id is not null and starts_at is not null group by project_id, deployment_id`.execute(tx);
}
