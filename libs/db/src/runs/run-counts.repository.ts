import { sql } from 'kysely';
import type { Database, DatabaseTransaction } from '../connection/database';
import { inTransaction } from '../connection/in-transaction';

/** Class of the advisory lock under which counts are added up. */
const COMPACTION_LOCK = 7_411_210;
/** So many rows that are added up each time are worth putting together. */
const COMPACTION_THRESHOLD = 16;
/** The same of images: in each of 24 hours there may be several sorts of them. */
const DEPLOYMENT_COMPACTION_THRESHOLD = 400;

const IMAGE_COUNT_COLUMNS = sql.raw(
  'project_id, deployment_id, local_hour, has_time, processed, reviewed, has_animal, has_person, has_vehicle, blank',
);

/**
 * What runs found, how many tasks are in which state, and how many images there are of each sort: `run_counts`, `task_counts` and `image_counts_by_hour` hold differences, one or more rows for each
 * commit, so that writers never wait for one another; whoever reads adds up.
 */
export class RunCountsRepository {
  /** Adds what these detect tasks found, in the transaction that ends them. */
  async add(tx: DatabaseTransaction, taskIds: readonly number[]): Promise<void> {
    if (taskIds.length === 0) return;
    await sql`
      insert into run_counts (run_id, engine, images, blanks, animals, people, vehicles, truncated)
      select found.run_id, found.engine, count(*), count(*) filter (where animal is null), count(*) filter (where animal), count(*) filter (where person),
        count(*) filter (where vehicle), count(*) filter (where warning is not null)
      from (
        select t.run_id, i.engine, i.warning, bool_or(d.category = 'animal') as animal, bool_or(d.category = 'person') as person, bool_or(d.category = 'vehicle') as vehicle
        from tasks t join runs r on r.id = t.run_id join models m on m.id = r.model_id
        join inferences i on i.image_id = t.subject_id and i.model_id = r.model_id
        left join detections d on d.inference_id = i.id and d.confidence >= m.threshold
        where t.id = any(${[...taskIds]}::bigint[]) group by t.run_id, i.id
      ) found group by found.run_id, found.engine`.execute(tx);
  }

  /** Puts one row in place of many that are summed up anyway. Readers see the same sums before and after. */
  async compact(db: Database): Promise<void> {
    await inTransaction(db, async (tx) => {
      const { rows } = await sql<{
        free: boolean;
      }>`select pg_try_advisory_xact_lock(${COMPACTION_LOCK}) as free`.execute(tx);
      if (rows[0]?.free !== true) return;
      await sql`
        with crowded as (select kind, run_id, state from task_counts group by kind, run_id, state having count(*) > ${COMPACTION_THRESHOLD}),
          gone as (
            delete from task_counts t using crowded c
            where t.kind = c.kind and t.state = c.state and t.run_id is not distinct from c.run_id returning t.kind, t.run_id, t.state, t.count)
        insert into task_counts (kind, run_id, state, count)
        select kind, run_id, state, sum(count) from gone group by kind, run_id, state having sum(count) <> 0`.execute(
        tx,
      );
      await sql`
        with crowded as (select project_id, deployment_id from image_counts_by_hour group by project_id, deployment_id having count(*) > ${DEPLOYMENT_COMPACTION_THRESHOLD}),
          gone as (
            delete from image_counts_by_hour t using crowded c
            where t.project_id = c.project_id and t.deployment_id is not distinct from c.deployment_id returning t.*)
        insert into image_counts_by_hour (${IMAGE_COUNT_COLUMNS}, count, detections)
        select ${IMAGE_COUNT_COLUMNS}, sum(count), sum(detections) from gone group by ${IMAGE_COUNT_COLUMNS} having sum(count) <> 0 or sum(detections) <> 0`.execute(
        tx,
      );
      await sql`
        with crowded as (select project_id from project_changes group by project_id having count(*) > ${COMPACTION_THRESHOLD}),
          gone as (delete from project_changes t using crowded c where t.project_id = c.project_id returning t.*)
        insert into project_changes (project_id, count) select project_id, sum(count) from gone group by project_id`.execute(
        tx,
      );
      await sql`
        with crowded as (select run_id from run_counts group by run_id having count(*) > ${COMPACTION_THRESHOLD}),
          gone as (delete from run_counts t using crowded c where t.run_id = c.run_id returning t.*)
        insert into run_counts (run_id, engine, images, blanks, animals, people, vehicles, truncated)
        select run_id, engine, sum(images), sum(blanks), sum(animals), sum(people), sum(vehicles), sum(truncated) from gone group by run_id, engine`.execute(
        tx,
      );
    });
  }
}
