import { sql } from 'kysely';
import type { Database, DatabaseTransaction } from '../connection/database';
import { tryAdvisoryLock } from '../connection/advisory-locks';
import { inTransaction } from '../connection/in-transaction';

/** Rows that are compacted in one transaction. */
const BATCH_SIZE = 5_000;

const GROUPING_COLUMNS = sql.raw(
  'project_id, deployment_id, day, processed, reviewed, has_animal, has_person, has_vehicle, blank',
);

/**
 * Numbers of images by day: the rows of `image_counts_by_day` are differences, as those of `image_counts_by_hour`;
 * readers sum them.
 */
export class ImageCountRepository {
  /**
   * Compacts the rows of every day that changed. Readers see the same sums before and after. Does nothing if another
   * process is compacting.
   */
  async compact(db: Database, signal?: AbortSignal): Promise<void> {
    for (;;) {
      const compacted = await inTransaction(db, (tx) => compactBatch(tx), { idempotent: true });
      if (compacted < BATCH_SIZE || signal?.aborted === true) return;
    }
  }
}

/**
 * One statement, so that readers see the rows either before or after it. Returns how many rows had not been compacted
 * before.
 */
async function compactBatch(tx: DatabaseTransaction): Promise<number> {
  if (!(await tryAdvisoryLock(tx, 'imageCountCompaction'))) return 0;
  const { rows } = await sql<{ uncompacted: number }>`
    with uncompacted as materialized (
      select id, project_id, coalesce(deployment_id, 0) as deployment, coalesce(day, '-infinity') as day
        from image_counts_by_day where not compacted order by id limit ${BATCH_SIZE}
    ), keys as (
      select distinct project_id, deployment, day from uncompacted
    ), deleted as (
      delete from image_counts_by_day where id in (
        select id from uncompacted
        union all
        select f.id from keys k join image_counts_by_day f
          on f.project_id = k.project_id and coalesce(f.deployment_id, 0) = k.deployment
            and coalesce(f.day, '-infinity') = k.day where f.compacted)
      returning *
    ), inserted as (
      insert into image_counts_by_day (${GROUPING_COLUMNS}, compacted, count, detections)
      select ${GROUPING_COLUMNS}, true, sum(count), sum(detections) from deleted group by ${GROUPING_COLUMNS}
        having sum(count) <> 0 or sum(detections) <> 0
    )
    select count(*) as uncompacted from uncompacted`.execute(tx);
  return rows[0]!.uncompacted;
}
