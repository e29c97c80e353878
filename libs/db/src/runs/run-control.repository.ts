import { sql, type RawBuilder } from 'kysely';
import type { Database, DatabaseTransaction, Executor } from '../connection/database';
import { inTransaction } from '../connection/in-transaction';
import { RUNS_WITH_PAUSED_TASKS, IS_TO_RETRY, CANCELLING_RUNS } from './requested-run-state';

/** A change of tasks `t` that the state of their run `r` requires. */
interface TaskChange {
  /** Condition on the runs that require it. */
  readonly runs: RawBuilder<unknown>;
  /**
   * Conditions on their tasks that are not in line with it. Each fixes `state` and `paused`, so that the index
   * `tasks_run` finds them among any number of others.
   */
  readonly tasks: readonly RawBuilder<unknown>[];
  /** The assignments; `c` has the columns of the run. */
  readonly set: RawBuilder<unknown>;
}

const PAUSED = sql`r.paused_at is not null`;
/** For paused runs. A dispatcher whose statement began before the pause may mark tasks as queued after it. */
const WITHDRAW: TaskChange = {
  runs: PAUSED,
  tasks: [sql`t.state = 'queued' and not t.paused`],
  set: sql`state = 'waiting', paused = true, queued_at = null`,
};
/** For resumed runs: notifications of tasks that are still marked as queued may have been consumed during the pause. */
const REQUEUE: TaskChange = { runs: sql`true`, tasks: WITHDRAW.tasks, set: sql`state = 'waiting', queued_at = null` };
const PAUSE: TaskChange = { runs: PAUSED, tasks: [sql`t.state = 'waiting' and not t.paused`], set: sql`paused = true` };
/** Found by the tasks: every paused task of a run that is not paused is resumed, so that none can be forgotten. */
const RESUME: TaskChange = {
  runs: sql`r.paused_at is null and r.id in (${RUNS_WITH_PAUSED_TASKS}) and r.id <> all (array(${CANCELLING_RUNS}))`,
  tasks: [sql`t.state = 'waiting' and t.paused`],
  set: sql`paused = false`,
};
const RETRY: TaskChange = {
  runs: sql`r.retry_requested_at is not null`,
  tasks: [IS_TO_RETRY],
  set: sql`
    state = 'waiting', paused = c.paused_at is not null, priority = c.priority, failures = 0, interruptions = 0,
      run_at = now(),
    queued_at = null, finished_at = null, error_code = null, error_message = null`,
};
/** Tasks that have not ended, one condition for each `state` and `paused`. */
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
  set: sql`state = 'cancelled', paused = false, finished_at = now(), owner = null, lease_until = null,
    queued_at = null`,
};
const CANCEL_STARTED: TaskChange = { ...CANCEL, tasks: OPEN_STATES.slice(2) };
/** Tasks of run `r` that have not ended. */
const OPEN_TASKS = sql`tasks t where t.run_id = r.id and t.state in ('waiting', 'queued', 'running')`;

/**
 * Tasks that are changed in the transaction of the request: all queued ones, all of a small run, enough of a large one
 * to start with.
 */
const MAX_IMMEDIATE = 5_000;

/**
 * Requests that concern a whole run. A run may have millions of tasks, so each method sets columns of the run, whose
 * row the transaction must have locked, and changes a limited number of tasks; from then on the run's row decides what
 * is published and claimed. `reconcile` brings the other tasks in line with it. It finds them by the rows alone: it may
 * be interrupted at any moment, and any process can continue.
 */
export class RunControlRepository {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Ends the queued and running tasks of the run; waiting ones can no longer be published or claimed. */
  async cancel(tx: DatabaseTransaction, runId: number): Promise<void> {
    await tx
      .updateTable('runs')
      .set({ cancelled_at: sql`now()`, paused_at: null, retry_requested_at: null, priority_changed_at: null })
      .where('id', '=', runId)
      .where('cancelled_at', 'is', null)
      .execute();
    await this.#applyToRun(tx, runId, CANCEL_STARTED);
  }

  /**
   * Prevents tasks of the run from being started after the commit. Running tasks finish; queued ones wait again, and
   * their notifications are ignored.
   */
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

  /** Retries the failed tasks of the run, with a full number of attempts. Returns false if there are none. */
  async retry(tx: DatabaseTransaction, runId: number): Promise<boolean> {
    // Not the start of the transaction: what failed before this statement is retried.
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
   * Changes about `limit` tasks that are not in line with their runs, for each kind of change, and returns how many; 0:
   * none is left. Skips locked rows: waits neither for a dispatcher nor for another reconciliation.
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

  /** Divides the limit among the runs, so that a large one does not delay the others. */
  async #apply(
    db: Executor,
    runIds: readonly number[],
    { runs, tasks, set }: TaskChange,
    limit: number,
  ): Promise<number> {
    const share = Math.max(1, Math.floor(limit / runIds.length));
    // In the order of the index `tasks_run`: otherwise Postgres, which cannot know how few rows are left, might scan a
    // large run.
    const chunks = tasks.map(
      (which) => sql`
      select id from (select t.id from tasks t where t.run_id = r.id and ${which}
        order by t.priority limit ${share} for update skip locked) chunk`,
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
        where id in (select id from runs
          where id = any(${rows.map(({ runId }) => runId)}::bigint[]) for no key update skip locked)`.execute(db);
    }
    return rows.reduce((sum, { count }) => sum + count, 0);
  }

  /** Marks cancelled runs without open tasks as complete: they are not checked any more. */
  async #completeCancels(): Promise<void> {
    await sql`
      update runs r set cancel_completed_at = now()
      where r.cancelled_at is not null and r.cancel_completed_at is null
        and not exists (select 1 from ${OPEN_TASKS})`.execute(this.#db);
  }

  /** Clears requests that are fulfilled. Skips locked rows: a new request is being made. */
  async #clearRequests(): Promise<void> {
    const { rows } =
      await sql`select 1 from runs where retry_requested_at is not null or priority_changed_at is not null
        limit 1`.execute(this.#db);
    if (rows.length === 0) return;
    await inTransaction(this.#db, async (tx) => {
      const locked = await sql<{ id: number }>`
        select id from runs where retry_requested_at is not null or priority_changed_at
          is not null for no key update skip locked`.execute(tx);
      const ids = locked.rows.map(({ id }) => id);
      await this.#clearRetryRequest(tx, ids);
      await sql`
        update runs r set priority_changed_at = null
        where r.id = any(${ids}::bigint[]) and r.priority_changed_at is not null
          and not exists (select 1 from ${OPEN_TASKS} and t.priority <> r.priority)`.execute(tx);
    });
  }

  /** The runs must be locked: this statement then sees all failures before the request. */
  async #clearRetryRequest(tx: DatabaseTransaction, runIds: readonly number[]): Promise<void> {
    await sql`
      update runs r set retry_requested_at = null
      where r.id = any(${[...runIds]}::bigint[]) and r.retry_requested_at is not null
        and not exists (select 1 from tasks t where t.run_id = r.id and ${IS_TO_RETRY})`.execute(tx);
  }
}
