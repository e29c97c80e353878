import { sql } from 'kysely';
import type { Database, DatabaseTransaction } from '../connection/database';
import { inTransaction } from '../connection/in-transaction';

/** Class of the advisory lock under which days are folded. */
const FOLDING = 7_411_211;
/** Rows that are folded in one transaction. */
const ROUND = 5_000;

const SORT = sql.raw('project_id, deployment_id, day, answered, reviewed, has_animal, has_person, has_vehicle, blank');

/** How many images there are of each sort on each day: `image_days` holds differences, as `image_counts` does; whoever reads adds up. */
export class ImageDayRepository {
  /**
   * Puts together the rows of every day that changed. Readers see the same sums before and after. Where another process does so
   * already, nothing is done.
   */
  async fold(db: Database, signal?: AbortSignal): Promise<void> {
    for (;;) {
      const folded = await inTransaction(db, (tx) => foldRound(tx), { idempotent: true });
      if (folded < ROUND || signal?.aborted === true) return;
    }
  }
}

/** In one statement: readers see the rows as they were or as they are then. Answers how many rows had not been folded before. */
async function foldRound(tx: DatabaseTransaction): Promise<number> {
  const { rows: locks } = await sql<{ free: boolean }>`select pg_try_advisory_xact_lock(${FOLDING}) as free`.execute(
    tx,
  );
  if (locks[0]?.free !== true) return 0;
  const { rows } = await sql<{ fresh: number }>`
    with fresh as materialized (
      select id, project_id, coalesce(deployment_id, 0) as deployment, coalesce(day, '-infinity') as day from image_days where not folded order by id limit ${ROUND}
    ), keys as (
      select distinct project_id, deployment, day from fresh
    ), gone as (
      delete from image_days where id in (
        select id from fresh
        union all
        select f.id from keys k join image_days f
          on f.project_id = k.project_id and coalesce(f.deployment_id, 0) = k.deployment and coalesce(f.day, '-infinity') = k.day where f.folded)
      returning *
    ), put as (
      insert into image_days (${SORT}, folded, count, detections)
      select ${SORT}, true, sum(count), sum(detections) from gone group by ${SORT} having sum(count) <> 0 or sum(detections) <> 0
    )
    select count(*) as fresh from fresh`.execute(tx);
  return rows[0]!.fresh;
}
