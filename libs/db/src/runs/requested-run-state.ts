import { sql } from 'kysely';

// Requests concerning a run (cancel, pause, retry, priority) set columns of its row; its tasks, which may be millions,
// are brought in line with it in chunks. Until then, statements check the row with these conditions.

/** Cancelled runs that may still have tasks that have not ended: few, and found by their own index. */
export const CANCELLING_RUNS = sql`select id from runs where cancelled_at is not null and cancel_completed_at is null`;

/** Runs whose tasks must not be published or claimed, whatever the state of the tasks. */
export const UNCLAIMABLE_RUNS = sql`${CANCELLING_RUNS} union all select id from runs where paused_at is not null`;

/** Runs that have paused tasks: one index lookup for each run, not for each task. */
export const RUNS_WITH_PAUSED_TASKS = sql`
  with recursive found (id) as (
    (select run_id from tasks where paused order by run_id limit 1)
    union all
    select (select t.run_id from tasks t where t.paused and t.run_id > found.id order by t.run_id limit 1) from found
      where found.id is not null
  ) select id from found where id is not null`;

/** `attempt` is a smallint and never decreases: a task close to its maximum is not retried. */
const MAX_ATTEMPT = 32_000;

/**
 * Condition on tasks `t` of a run `r` whose retry was requested: they failed before the request. Later failures are not
 * retried.
 */
export const IS_TO_RETRY = sql`t.state = 'failed' and not t.paused and t.finished_at <= r.retry_requested_at
  and t.attempt <= ${sql.lit(MAX_ATTEMPT)}`;
