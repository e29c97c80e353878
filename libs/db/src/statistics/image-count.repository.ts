import { sql } from 'kysely';
import type { Database, DatabaseTransaction } from '../connection/database';
import { inTransaction } from '../connection/in-transaction';

/** Class of the advisory lock under which days are compacted. */
const COMPACTION_LOCK = 7_411_211;
/** Rows that are compacted in one transaction. */
const BATCH_SIZE = 5_000;

const GROUPING_COLUMNS = sql.raw(
  'project_id, deployment_id, day, processed, reviewed, has_animal, has_person, has_vehicle, blank',
);

/** How many images there are of each sort on each day: `image_counts_by_day` holds differences, as `image_counts_by_hour` does; whoever reads adds up. */
export class ImageCountRepository {
  /**
   * Puts together the rows of every day that changed. Readers see the same sums before and after. Where another process does so
   * already, nothing is done.
   */
  async compact(db: Database, signal?: AbortSignal): Promise<void> {
    for (;;) {
      const compacted = await inTransaction(db, (tx) => compactBatch(tx), { idempotent: true });
      if (compacted < BATCH_SIZE || signal?.aborted === true) return;
    }
  }
}

/** In one statement: readers see the rows as they were or as they are then. Answers how many rows had not been compacted before. */
async function compactBatch(tx: DatabaseTransaction): Promise<number> {
  const { rows: locks } = await sql<{
    free: boolean;
  }>`select pg_try_advisory_xact_lock(${COMPACTION_LOCK}) as free`.execute(tx);
  if (locks[0]?.free !== true) return 0;
  const { rows } = await sql<{ fresh: number }>`
    with fresh as materialized (
      select id, project_id, coalesce(deployment_id, 0) as deployment, coalesce(day, '-infinity') as day from image_counts_by_day where not compacted order by id limit ${BATCH_SIZE}
    ), keys as (
      select distinct project_id, deployment, day from fresh
    ), gone as (
      delete from image_counts_by_day where id in (
        select id from fresh
        union all
        select f.id from keys k join image_counts_by_day f
          on f.project_id = k.project_id and coalesce(f.deployment_id, 0) = k.deployment and coalesce(f.day, '-infinity') = k.day where f.compacted)
      returning *
    ), put as (
      insert into image_counts_by_day (${GROUPING_COLUMNS}, compacted, count, detections)
      select ${GROUPING_COLUMNS}, true, sum(count), sum(detections) from gone group by ${GROUPING_COLUMNS} having sum(count) <> 0 or sum(detections) <> 0
    )
    select count(*) as fresh from fresh`.execute(tx);
  return rows[0]!.fresh;
}
