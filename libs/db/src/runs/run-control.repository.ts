import { sql, type RawBuilder } from 'kysely';
import type { Database, DatabaseTransaction, Executor } from '../connection/database';
import { inTransaction } from '../connection/in-transaction';
import { RUNS_WITH_PAUSED_TASKS, IS_TO_RETRY, CANCELLING_RUNS } from './requested-run-state';

/** A change that a mark on a run `r` asks of its tasks `t`. */
interface TaskChange {
  /** The runs that have such a mark. */
  readonly runs: RawBuilder<unknown>;
  /** Which of their tasks are not in line with it. Each fixes state and held, so that `tasks_run` finds them, however many others there are. */
  readonly tasks: readonly RawBuilder<unknown>[];
  /** What is set; `c` has the marks of the run. */
  readonly set: RawBuilder<unknown>;
}

const PAUSED = sql`r.paused_at is not null`;
/** Of a paused run. A dispatcher that is just ringing may mark tasks as queued after the pause. */
const WITHDRAW: TaskChange = {
  runs: PAUSED,
  tasks: [sql`t.state = 'queued' and not t.paused`],
  set: sql`state = 'waiting', paused = true, queued_at = null`,
};
/** Of a run that goes on: the doorbells of what is still marked as queued may have come and gone while it was paused. */
const REQUEUE: TaskChange = { runs: sql`true`, tasks: WITHDRAW.tasks, set: sql`state = 'waiting', queued_at = null` };
const PAUSE: TaskChange = { runs: PAUSED, tasks: [sql`t.state = 'waiting' and not t.paused`], set: sql`paused = true` };
/** Found by the tasks: whatever is held though its run is not paused is let go, so that nothing can be forgotten. */
const RESUME: TaskChange = {
  runs: sql`r.paused_at is null and r.id in (${RUNS_WITH_PAUSED_TASKS}) and r.id <> all (array(${CANCELLING_RUNS}))`,
  tasks: [sql`t.state = 'waiting' and t.paused`],
  set: sql`paused = false`,
};
const RETRY: TaskChange = {
  runs: sql`r.retry_requested_at is not null`,
  tasks: [IS_TO_RETRY],
  set: sql`
    state = 'waiting', paused = c.paused_at is not null, priority = c.priority, previous_attempts = t.attempt, run_at = now(),
    queued_at = null, finished_at = null, error_code = null, error_message = null`,
};
/** The tasks that have not ended, each state and held by itself. */
const OPEN_STATES = [
  "'waiting' and not t.paused",
  "'waiting' and t.paused",
  "'queued' and not t.paused",
  "'running' and not t.paused",
].map((state) => sql`t.state = ${sql.raw(state)}`);
const SET_PRIORITY: TaskChange = {
  runs: sql`r.priority_changed_at is not null`,
  tasks: OPEN_STATES.flatMap((open) => [
    sql`${open} and t.priority < r.priority`,
    sql`${open} and t.priority > r.priority`,
  ]),
  set: sql`priority = c.priority`,
};
const CANCEL: TaskChange = {
  runs: sql`r.cancelled_at is not null and r.cancel_completed_at is null`,
  tasks: OPEN_STATES,
  set: sql`state = 'cancelled', paused = false, finished_at = now(), owner = null, lease_until = null, queued_at = null`,
};
const CANCEL_STARTED: TaskChange = { ...CANCEL, tasks: OPEN_STATES.slice(2) };
/** What has not ended of a run `r`. */
const OPEN_TASKS = sql`tasks t where t.run_id = r.id and t.state in ('waiting', 'queued', 'running')`;

/** Tasks that are changed in the transaction that marks the run: all that are rung, all of a small run, enough of a large one to begin with. */
const MAX_IMMEDIATE = 5_000;

/**
 * What is asked of a run as a whole. A run may have millions of tasks, so each method only marks the run, whose row the transaction
 * must have locked, and changes a bounded number of tasks; the mark alone decides from then on what is rung and claimed. `sweep` brings
 * the other tasks in line with it, and finds them by the marks and the tasks alone: it may end at any moment, and any other goes on.
 */
export class RunControlRepository {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Ends what is queued or running of it; what waits can no longer be rung or claimed. */
  async cancel(tx: DatabaseTransaction, runId: number): Promise<void> {
    await tx
      .updateTable('runs')
      .set({ cancelled_at: sql`now()`, paused_at: null, retry_requested_at: null, priority_changed_at: null })
      .where('id', '=', runId)
      .where('cancelled_at', 'is', null)
      .execute();
    await this.#applyToRun(tx, runId, CANCEL_STARTED);
  }

  /** From the commit on nothing of it is begun. What runs ends as it would; what is rung is put back, and its doorbells find nothing. */
  async pause(tx: DatabaseTransaction, runId: number): Promise<void> {
    await tx
      .updateTable('runs')
      .set({ paused_at: sql`now()` })
      .where('id', '=', runId)
      .where('paused_at', 'is', null)
      .execute();
    await this.#applyToRun(tx, runId, WITHDRAW, PAUSE);
  }

  async resume(tx: DatabaseTransaction, runId: number): Promise<void> {
    const { numUpdatedRows } = await tx
      .updateTable('runs')
      .set({ paused_at: null, reconciled_at: sql`clock_timestamp()` })
      .where('id', '=', runId)
      .where('paused_at', 'is not', null)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return;
    await this.#applyToRun(tx, runId, REQUEUE, RESUME);
  }

  /** Starts over what failed of it, with a fresh number of attempts. False when nothing did. */
  async retry(tx: DatabaseTransaction, runId: number): Promise<boolean> {
    // Not the time at which the transaction began: what failed before this statement is meant.
    await tx
      .updateTable('runs')
      .set({ retry_requested_at: sql`clock_timestamp()`, feed_pending: true })
      .where('id', '=', runId)
      .execute();
    const changed = await this.#applyToRun(tx, runId, RETRY);
    await this.#clearRetryRequest(tx, [runId]);
    return changed > 0;
  }

  async setPriority(tx: DatabaseTransaction, runId: number, priority: number): Promise<void> {
    await tx
      .updateTable('runs')
      .set({ priority, priority_changed_at: sql`now()` })
      .where('id', '=', runId)
      .execute();
    await this.#applyToRun(tx, runId, SET_PRIORITY);
  }

  /**
   * Changes some `limit` tasks that are not in line with their runs, for each mark, and answers how many; 0: none is left. Rows that
   * another has locked are passed over: neither a dispatcher that is ringing nor another sweep is waited for.
   */
  async reconcile(limit: number): Promise<number> {
    const ended = await this.#applyToRequestingRuns(CANCEL, limit);
    if (ended === 0) await this.#completeCancels();
    let changed = ended;
    for (const change of [WITHDRAW, PAUSE, RESUME]) changed += await this.#applyToRequestingRuns(change, limit);
    const ofPassingMarks =
      (await this.#applyToRequestingRuns(RETRY, limit)) + (await this.#applyToRequestingRuns(SET_PRIORITY, limit));
    if (ofPassingMarks === 0) await this.#clearRequests();
    return changed + ofPassingMarks;
  }

  async #applyToRun(tx: DatabaseTransaction, runId: number, ...changes: readonly TaskChange[]): Promise<number> {
    let changed = 0;
    for (const change of changes) changed += await this.#apply(tx, [runId], change, MAX_IMMEDIATE);
    return changed;
  }

  async #applyToRequestingRuns(change: TaskChange, limit: number): Promise<number> {
    const { rows } = await sql<{ id: number }>`select r.id from runs r where ${change.runs}`.execute(this.#db);
    return rows.length === 0
      ? 0
      : this.#apply(
          this.#db,
          rows.map(({ id }) => id),
          change,
          limit,
        );
  }

  /** Shares the limit out among the runs, so that a large one does not hold up the others. */
  async #apply(
    db: Executor,
    runIds: readonly number[],
    { runs, tasks, set }: TaskChange,
    limit: number,
  ): Promise<number> {
    const share = Math.max(1, Math.floor(limit / runIds.length));
    // The order is that of `tasks_run`: else Postgres, which does not know how few are left, may read a large run from end to end.
    const chunks = tasks.map(
      (which) => sql`
      select id from (select t.id from tasks t where t.run_id = r.id and ${which} order by t.priority limit ${share} for update skip locked) chunk`,
    );
    const { rows } = await sql<{ runId: number; count: number }>`
      with chunk as (
        select l.id, r.priority, r.paused_at from runs r cross join lateral (${sql.join(chunks, sql` union all `)}) l
        where r.id = any(${[...runIds]}::bigint[]) and ${runs} limit ${limit}
      ), changed as (
        update tasks t set ${set} from chunk c where t.id = c.id returning t.run_id
      )
      select run_id as "runId", count(*)::int as count from changed group by run_id`.execute(db);
    if (rows.length > 0) {
      await sql`
        update runs set reconciled_at = clock_timestamp()
        where id in (select id from runs where id = any(${rows.map(({ runId }) => runId)}::bigint[]) for no key update skip locked)`.execute(
        db,
      );
    }
    return rows.reduce((sum, { count }) => sum + count, 0);
  }

  /** Notes which cancelled runs have nothing left to end: they need not be looked at any more. */
  async #completeCancels(): Promise<void> {
    await sql`
      update runs r set cancel_completed_at = now()
      where r.cancelled_at is not null and r.cancel_completed_at is null and not exists (select 1 from ${OPEN_TASKS})`.execute(
      this.#db,
    );
  }

  /** Takes marks away of which nothing is left to do. What is locked meanwhile is asked for again at this moment, and is left alone. */
  async #clearRequests(): Promise<void> {
    const { rows } =
      await sql`select 1 from runs where retry_requested_at is not null or priority_changed_at is not null limit 1`.execute(
        this.#db,
      );
    if (rows.length === 0) return;
    await inTransaction(this.#db, async (tx) => {
      const locked = await sql<{ id: number }>`
        select id from runs where retry_requested_at is not null or priority_changed_at is not null for no key update skip locked`.execute(
        tx,
      );
      const ids = locked.rows.map(({ id }) => id);
      await this.#clearRetryRequest(tx, ids);
      await sql`
        update runs r set priority_changed_at = null
        where r.id = any(${ids}::bigint[]) and r.priority_changed_at is not null
          and not exists (select 1 from ${OPEN_TASKS} and t.priority <> r.priority)`.execute(tx);
    });
  }

  /** The runs must be locked: this statement then sees all that failed before the mark was set. */
  async #clearRetryRequest(tx: DatabaseTransaction, runIds: readonly number[]): Promise<void> {
    await sql`
      update runs r set retry_requested_at = null
      where r.id = any(${[...runIds]}::bigint[]) and r.retry_requested_at is not null
        and not exists (select 1 from tasks t where t.run_id = r.id and ${IS_TO_RETRY})`.execute(tx);
  }
}
