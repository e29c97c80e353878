import { sql } from 'kysely';
import type { Database, DatabaseTransaction } from '../connection/database';
import { tryAdvisoryLock } from '../connection/advisory-locks';
import { inTransaction } from '../connection/in-transaction';

/** Number of rows with the same key above which they are compacted. */
const COMPACTION_THRESHOLD = 16;
/** The same for the images of a deployment, which have several keys for each of 24 hours. */
const DEPLOYMENT_COMPACTION_THRESHOLD = 400;

const IMAGE_COUNT_COLUMNS = sql.raw(
  'project_id, deployment_id, local_hour, has_time, processed, reviewed, has_animal, has_person, has_vehicle, blank',
);

/**
 * Results of runs, and numbers of tasks and images: the rows of `run_counts`, `task_counts` and `image_counts_by_hour`
 * are differences, one or more for each commit, so that writers never wait for one another; readers sum them.
 */
export class RunCountsRepository {
  /** Adds the results of these detect tasks, in the transaction that ends them. */
  async add(tx: DatabaseTransaction, taskIds: readonly number[]): Promise<void> {
    await addTimes(tx, 1, taskIds);
  }

  /** Subtracts the results of these detect tasks, in the transaction that deletes them. */
  async subtract(tx: DatabaseTransaction, taskIds: readonly number[]): Promise<void> {
    await addTimes(tx, -1, taskIds);
  }

  /** Replaces rows with the same key by their sum. Readers see the same sums before and after. */
  async compact(db: Database): Promise<void> {
    await inTransaction(db, async (tx) => {
      if (!(await tryAdvisoryLock(tx, 'runCountCompaction'))) return;
      await sql`
        with oversized as (select kind, run_id, state from task_counts group by kind, run_id, state
          having count(*) > ${COMPACTION_THRESHOLD}),
          deleted as (
            delete from task_counts t using oversized c
            where t.kind = c.kind and t.state = c.state and t.run_id is not distinct from c.run_id
              returning t.kind, t.run_id, t.state, t.count)
        insert into task_counts (kind, run_id, state, count)
        select kind, run_id, state, sum(count) from deleted
        group by kind, run_id, state having sum(count) <> 0`.execute(tx);
      await sql`
        with oversized as (select project_id, deployment_id from image_counts_by_hour group by project_id, deployment_id
          having count(*) > ${DEPLOYMENT_COMPACTION_THRESHOLD}),
          deleted as (
            delete from image_counts_by_hour t using oversized c
            where t.project_id = c.project_id and t.deployment_id is not distinct from c.deployment_id returning t.*)
        insert into image_counts_by_hour (${IMAGE_COUNT_COLUMNS}, count, detections)
        select ${IMAGE_COUNT_COLUMNS}, sum(count), sum(detections) from deleted group by ${IMAGE_COUNT_COLUMNS}
          having sum(count) <> 0 or sum(detections) <> 0`.execute(tx);
      await sql`
        with oversized as (select project_id from project_changes group by project_id
          having count(*) > ${COMPACTION_THRESHOLD}),
          deleted as (delete from project_changes t using oversized c where t.project_id = c.project_id returning t.*)
        insert into project_changes (project_id, count) select project_id, sum(count) from deleted
          group by project_id`.execute(tx);
      await sql`
        with oversized as (select run_id from run_counts group by run_id having count(*) > ${COMPACTION_THRESHOLD}),
          deleted as (delete from run_counts t using oversized c where t.run_id = c.run_id returning t.*)
        insert into run_counts (run_id, engine, images, blanks, animals, people, vehicles, truncated)
        select run_id, engine, sum(images), sum(blanks), sum(animals), sum(people), sum(vehicles), sum(truncated)
          from deleted group by run_id, engine`.execute(tx);
    });
  }
}

async function addTimes(tx: DatabaseTransaction, sign: 1 | -1, taskIds: readonly number[]): Promise<void> {
  if (taskIds.length === 0) return;
  await sql`
      insert into run_counts (run_id, engine, images, blanks, animals, people, vehicles, truncated)
      select found.run_id, found.engine, ${sign} * count(*), ${sign} * count(*) filter (where animal is null),
        ${sign} * count(*) filter (where animal), ${sign} * count(*) filter (where person),
        ${sign} * count(*) filter (where vehicle), ${sign} * count(*) filter (where warning is not null)
      from (
        select t.run_id, i.engine, i.warning, bool_or(d.category = 'animal') as animal, bool_or(d.category = 'person')
          as person, bool_or(d.category = 'vehicle') as vehicle
        from tasks t join runs r on r.id = t.run_id join models m on m.id = r.model_id
        join inferences i on i.image_id = t.subject_id and i.model_id = r.model_id
        left join detections d on d.inference_id = i.id and d.confidence >= m.threshold
        where t.id = any(${[...taskIds]}::bigint[]) group by t.run_id, i.id
      ) found group by found.run_id, found.engine`.execute(tx);
}
