import { sql } from 'kysely';

// What is asked of a run is a mark on its row; its tasks, which may be millions, are brought in line with it bit by bit. Until
// they are, statements look at the marks through these.

/** Runs that were cancelled and may still have tasks that have not ended: few, and found by an index of their own. */
export const CANCELLING_RUNS = sql`select id from runs where cancelled_at is not null and cancel_completed_at is null`;

/** Runs of which nothing may be rung, whatever the rows of their tasks still say. */
export const UNCLAIMABLE_RUNS = sql`${CANCELLING_RUNS} union all select id from runs where paused_at is not null`;

/** Runs that have held tasks: a look at the index for each of them, not for each task. */
export const RUNS_WITH_PAUSED_TASKS = sql`
  with recursive found (id) as (
    (select run_id from tasks where paused order by run_id limit 1)
    union all
    select (select t.run_id from tasks t where t.paused and t.run_id > found.id order by t.run_id limit 1) from found where found.id is not null
  ) select id from found where id is not null`;

/** `attempt` is a smallint and never goes back: a task that has come near its end is started over no more. */
const MAX_ATTEMPT = 32_000;

/** Of a run `r` that is to be retried: the tasks `t` that failed before it was asked for. Those that failed again since are not meant. */
export const IS_TO_RETRY = sql`t.state = 'failed' and not t.paused and t.finished_at <= r.retry_requested_at and t.attempt <= ${sql.lit(MAX_ATTEMPT)}`;
