import { sql } from 'kysely';
import { TASK_KINDS, type TaskKind } from '@pugmark/contracts';
import { TASK_POLICIES, backoffSeconds, type ClaimedTask, type TaskOutcome } from '@pugmark/domain';
import type { Database, DatabaseTransaction, Executor } from '../connection/database';
import { UNCLAIMABLE_RUNS, RUNS_WITH_PAUSED_TASKS, IS_TO_RETRY, CANCELLING_RUNS } from '../runs/requested-run-state';

/** A waiting task whose bell is to be rung; `attempt` is the one that the message asks for. */
export interface PublishableTask {
  readonly id: number;
  readonly attempt: number;
  readonly traceparent: string | null;
}

export interface NotifiedTask {
  readonly id: number;
  readonly attempt: number;
}

/** What a reconciliation put right. */
export interface Reconciled {
  /** Running tasks whose lease had run out: put back to waiting. */
  readonly leasesExpired: number;
  /** Of those, the ones that had no attempt left: failed with `worker_lost`. */
  readonly exhausted: number;
  /** Queued tasks whose ring nobody answered in time: put back to waiting, to be rung again. */
  readonly notificationsLost: number;
}

/** One line of the invariant's answer: there should be none. */
export interface InvariantViolation {
  readonly kind: TaskKind;
  readonly state: 'waiting' | 'queued' | 'running';
  readonly count: number;
  readonly oldestSeconds: number;
}

/** The `tasks` table. All times are the database's own. */
export class TaskRepository {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** The kinds of which there is a waiting task whose `run_at` has come. */
  async dueKinds(): Promise<TaskKind[]> {
    return this.#db.transaction().execute(async (tx) => {
      await sql`select ${BY_INDEX}`.execute(tx);
      const { rows } = await sql<{ kind: TaskKind }>`
        select kind from unnest(${[...TASK_KINDS]}::text[]) as kind
        where (
          select true from tasks t where t.kind = kind.kind and t.state = 'waiting' and not t.paused and t.run_at <= now()
          order by t.priority desc, t.run_at, t.id limit 1
        )`.execute(tx);
      return rows.map(({ kind }) => kind);
    });
  }

  /**
   * Lets `ring` publish up to `depth` minus the already queued of the due tasks of a kind, and marks as queued those whose ids
   * `ring` answers: the ones that the broker confirmed. The rows stay locked meanwhile (another dispatcher skips them, a claim
   * that is faster than the mark waits), for as long as `ring` takes: it must have a deadline. If this process dies in
   * between, the lock goes, the rows are still waiting and are rung again; the doubled doorbell finds nothing to claim.
   */
  async publishDue(
    kind: TaskKind,
    depth: number,
    limit: number,
    publish: (tasks: readonly PublishableTask[]) => Promise<readonly number[]>,
  ): Promise<number> {
    return this.#db.transaction().execute(async (tx) => {
      const { rows: queued } = await sql<{ count: number }>`
        select count(*) as count, ${BY_INDEX} from tasks where kind = ${kind} and state = 'queued'`.execute(tx);
      const freeCapacity = Math.min(limit, depth - (queued[0]?.count ?? 0));
      if (freeCapacity <= 0) return 0;
      const { rows } = await sql<PublishableTask>`
        select id, attempt + 1 as attempt, traceparent from tasks
        where kind = ${kind} and state = 'waiting' and not paused and run_at <= now()
          and (run_id is null or run_id <> all (array(${UNCLAIMABLE_RUNS})))
        order by priority desc, run_at, id limit ${freeCapacity} for update skip locked`.execute(tx);
      if (rows.length === 0) return 0;
      const confirmed = await publish(rows);
      if (confirmed.length === 0) return 0;
      await sql`update tasks set state = 'queued', queued_at = clock_timestamp() where id = any(${confirmed}::bigint[])`.execute(
        tx,
      );
      return confirmed.length;
    });
  }

  /**
   * Takes the tasks that these doorbells name, those that still wait for this very attempt. What is missing in the answer was
   * claimed by another, has ended, was cancelled or is of a paused run: its doorbell is stale. The run is locked against a cancel
   * and a pause, so that no task of it starts to run behind their backs.
   */
  async claim(kind: TaskKind, notifications: readonly NotifiedTask[], owner: string): Promise<ClaimedTask[]> {
    const { rows } = await sql<ClaimedTask>`
      with wanted as (
        select distinct * from unnest(${notifications.map((d) => d.id)}::bigint[], ${notifications.map((d) => d.attempt)}::int[]) as w (id, attempt)
      ), open_runs as materialized (
        select r.id from runs r
        where r.id in (select t.run_id from tasks t join wanted w on w.id = t.id) and r.cancelled_at is null and r.paused_at is null
        for key share
      ), locked as (
        select t.id from tasks t join wanted w on w.id = t.id
        where t.kind = ${kind} and t.state in ('waiting', 'queued') and t.attempt = w.attempt - 1
          and (t.run_id is null or t.run_id in (select id from open_runs))
        order by t.id for update of t
      )
      update tasks t set
        state = 'running', attempt = t.attempt + 1, paused = false, owner = ${owner}, started_at = clock_timestamp(),
        lease_until = clock_timestamp() + ${TASK_POLICIES[kind].leaseSeconds} * interval '1 second'
      from locked l where t.id = l.id
      returning t.id, t.kind, t.subject_id as "subjectId", t.run_id as "runId", t.attempt, t.attempt - t.previous_attempts as tries, t.traceparent`.execute(
      this.#db,
    );
    return rows;
  }

  /** Extends the leases of running tasks; answers the ids that are still held. The others were cancelled or taken away. */
  async renew(tasks: readonly ClaimedTask[]): Promise<number[]> {
    const { rows } = await sql<{ id: number }>`
      with locked as (
        select t.id, p.seconds
        from unnest(${tasks.map((t) => t.id)}::bigint[], ${tasks.map((t) => t.attempt)}::int[], ${tasks.map((t) => TASK_POLICIES[t.kind].leaseSeconds)}::int[])
          as p (id, attempt, seconds)
        join tasks t on t.id = p.id and t.attempt = p.attempt and t.state = 'running'
        order by t.id for update of t
      )
      update tasks t set lease_until = clock_timestamp() + l.seconds * interval '1 second' from locked l where t.id = l.id
      returning t.id`.execute(this.#db);
    return rows.map((row) => row.id);
  }

  /** Of these running tasks, the ids of those that this process still holds: neither cancelled nor given to another. */
  async stillHeld(tasks: readonly ClaimedTask[]): Promise<number[]> {
    const { rows } = await sql<{ id: number }>`
      select t.id from unnest(${tasks.map((t) => t.id)}::bigint[], ${tasks.map((t) => t.attempt)}::int[]) as p (id, attempt)
      join tasks t on t.id = p.id and t.attempt = p.attempt and t.state = 'running'`.execute(this.#db);
    return rows.map((row) => row.id);
  }

  /**
   * Ends attempts and writes their results in one transaction. Each row is fenced by its attempt: an outcome whose attempt is no
   * longer the running one changes nothing, and its result is not given to `write`. Answers the ids that counted.
   */
  async commit<Result>(
    outcomes: readonly TaskOutcome<Result>[],
    write: (tx: DatabaseTransaction, done: readonly { task: ClaimedTask; result: Result }[]) => Promise<void>,
  ): Promise<number[]> {
    return this.#db.transaction().execute(async (tx) => {
      const { rows } = await sql<{ id: number }>`
        with ended as (
          select * from unnest(
            ${outcomes.map((o) => o.task.id)}::bigint[], ${outcomes.map((o) => o.task.attempt)}::int[], ${outcomes.map(nextState)}::text[],
            ${outcomes.map(waitSeconds)}::int[], ${outcomes.map(errorCode)}::text[], ${outcomes.map(errorMessage)}::text[]
          ) as e (id, attempt, state, wait_seconds, error_code, error_message)
        ), locked as (
          select t.id from tasks t join ended e on e.id = t.id
          where t.attempt = e.attempt and t.state = 'running' order by t.id for update of t
        )
        update tasks t set
          state = e.state, owner = null, lease_until = null,
          -- Of a task that has ended it stays: when it was rung last.
          queued_at = case when e.state = 'waiting' then null else t.queued_at end,
          run_at = case when e.state = 'waiting' then clock_timestamp() + e.wait_seconds * interval '1 second' else t.run_at end,
          finished_at = case when e.state = 'waiting' then null else clock_timestamp() end,
          error_code = e.error_code, error_message = e.error_message
        from ended e join locked l on l.id = e.id
        where t.id = e.id
        returning t.id`.execute(tx);
      const counted = new Set(rows.map((row) => row.id));
      const done = outcomes.flatMap((o) =>
        o.outcome === 'done' && counted.has(o.task.id) ? [{ task: o.task, result: o.result }] : [],
      );
      if (done.length > 0) await write(tx, done);
      return [...counted];
    });
  }

  /**
   * Within the transaction of a step of a long task: locks the row and answers whether this attempt still is the running one.
   * When not, the step must be rolled back.
   */
  async holdsLease(tx: DatabaseTransaction, task: ClaimedTask): Promise<boolean> {
    const { rows } =
      await sql`select 1 from tasks where id = ${task.id} and attempt = ${task.attempt} and state = 'running' for update`.execute(
        tx,
      );
    return rows.length === 1;
  }

  /** The kinds of which something is queued or running. */
  async activeKinds(): Promise<TaskKind[]> {
    const { rows } = await sql<{ kind: TaskKind }>`
      select kind from unnest(${[...TASK_KINDS]}::text[]) as kind
      where exists (select 1 from tasks t where t.kind = kind.kind and t.state = 'queued') or exists (select 1 from tasks t where t.kind = kind.kind and t.state = 'running')`.execute(
      this.#db,
    );
    return rows.map(({ kind }) => kind);
  }

  /**
   * Puts right what breaks the invariant: running without a live lease, queued without a young ring. `ringSeconds` is how long
   * a ring of this kind may go unanswered.
   */
  async reconcile(kind: TaskKind, notificationTimeoutSeconds: number): Promise<Reconciled> {
    const policy = TASK_POLICIES[kind];
    const { rows } = await sql<{ state: string; count: number }>`
      with expired as (
        select id, attempt - previous_attempts >= ${policy.maxAttempts} as exhausted from tasks where kind = ${kind} and state = 'running' and lease_until < now()
        order by id limit 10000 for update skip locked
      ), put_back as (
        update tasks t set
          state = case when e.exhausted then 'failed' else 'waiting' end,
          run_at = now(), queued_at = null, lease_until = null,
          finished_at = case when e.exhausted then now() end,
          error_code = 'worker_lost',
          error_message = 'the worker ' || t.owner || ' stopped renewing its lease in attempt ' || t.attempt,
          owner = null
        from expired e where t.id = e.id
        returning t.state
      )
      select state, count(*) as count from put_back group by state`.execute(this.#db);
    const rung = await sql<{ id: number }>`
      with lost as (
        select id from tasks where kind = ${kind} and state = 'queued' and queued_at < now() - ${notificationTimeoutSeconds} * interval '1 second'
        order by id limit 10000 for update skip locked
      )
      update tasks t set state = 'waiting', queued_at = null from lost l where t.id = l.id returning t.id`.execute(
      this.#db,
    );
    const count = (state: string): number => rows.find((row) => row.state === state)?.count ?? 0;
    return {
      leasesExpired: count('waiting') + count('failed'),
      exhausted: count('failed'),
      notificationsLost: rung.rows.length,
    };
  }

  /**
   * The invariant of the whole system: every task that is not terminal has a live lease, a young ring, a `run_at` to come, or a
   * paused run. A due task that waits is in order as long as something of its kind is queued or running (depth per queue is
   * bounded); with nothing ahead of it, nobody is ringing. A task that is held though its run goes on, or that failed and was to
   * be started over, is in order as long as the sweep moves its run. `graceSeconds` is what repair may take.
   */
  async findInvariantViolations(
    notificationTimeoutSeconds: number,
    graceSeconds: number,
  ): Promise<InvariantViolation[]> {
    const { rows } = await sql<InvariantViolation>`
      select kind, state, count(*)::int as count, extract(epoch from now() - min(since))::float8 as "oldestSeconds" from (
        select kind, state, lease_until as since from tasks
          where state = 'running' and lease_until < now() - ${graceSeconds} * interval '1 second'
        union all
        select kind, state, queued_at from tasks
          where state = 'queued' and queued_at < now() - ${notificationTimeoutSeconds + graceSeconds} * interval '1 second'
        union all
        select kind, state, run_at from tasks t
          where state = 'waiting' and not paused and run_at < now() - ${graceSeconds} * interval '1 second'
          and (run_id is null or run_id <> all (array(${UNCLAIMABLE_RUNS})))
          and not exists (select 1 from tasks ahead where ahead.kind = t.kind and ahead.state = 'queued')
          and not exists (select 1 from tasks ahead where ahead.kind = t.kind and ahead.state = 'running')
        union all
        select t.kind, t.state, greatest(r.created_at, r.reconciled_at) from runs r join tasks t on t.run_id = r.id and t.paused
          where r.id in (${RUNS_WITH_PAUSED_TASKS}) and r.paused_at is null and r.id <> all (array(${CANCELLING_RUNS}))
          and greatest(r.created_at, r.reconciled_at) < now() - ${graceSeconds} * interval '1 second'
        union all
        select t.kind, 'waiting', greatest(r.retry_requested_at, r.reconciled_at) from runs r join tasks t on t.run_id = r.id and ${IS_TO_RETRY}
          where r.retry_requested_at is not null and greatest(r.retry_requested_at, r.reconciled_at) < now() - ${graceSeconds} * interval '1 second'
      ) broken group by kind, state order by kind, state`.execute(this.#db);
    return rows;
  }

  /** SQLSTATE classes 22 (data exception) and 23 (integrity constraint violation): trying again would not help. */
  isDataError(error: unknown): boolean {
    const code = (error as { code?: unknown } | null)?.code;
    return typeof code === 'string' && /^2[23][0-9A-Z]{3}$/.test(code);
  }

  /** Creates one task, in the transaction of what it belongs to. */
  async create(
    tx: DatabaseTransaction,
    task: { kind: TaskKind; subjectId: number; runId?: number | null; priority?: number; traceparent?: string | null },
  ): Promise<number> {
    const { id } = await tx
      .insertInto('tasks')
      .values({
        kind: task.kind,
        subject_id: task.subjectId,
        run_id: task.runId ?? null,
        priority: task.priority ?? 0,
        traceparent: task.traceparent ?? null,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    return id;
  }

  /** Cancels the task of one subject unless it has ended; a worker that holds it finds its commit fenced. */
  async cancel(db: Executor, kind: TaskKind, subjectId: number): Promise<number> {
    const result = await db
      .updateTable('tasks')
      .set(CANCELLED)
      .where('state', 'in', ['waiting', 'queued', 'running'])
      .where('kind', '=', kind)
      .where('subject_id', '=', subjectId)
      .executeTakeFirst();
    return Number(result.numUpdatedRows);
  }
}

const CANCELLED = {
  state: 'cancelled',
  paused: false,
  finished_at: sql<Date>`now()`,
  owner: null,
  lease_until: null,
  queued_at: null,
} as const;

/**
 * For the rest of the transaction Postgres does not sort, so that whoever asks for due tasks in the order of `tasks_waiting` gets them
 * from that index. Left to itself it reads the whole table after a large run was paused: it believes for minutes that everything is
 * still due, and then that the index is as large as it was.
 */
const BY_INDEX = sql`set_config('enable_sort', 'off', true)`;

function nextState(outcome: TaskOutcome<unknown>): 'done' | 'failed' | 'waiting' {
  if (outcome.outcome !== 'retry') return outcome.outcome;
  return outcome.task.tries >= TASK_POLICIES[outcome.task.kind].maxAttempts ? 'failed' : 'waiting';
}

function waitSeconds(outcome: TaskOutcome<unknown>): number {
  return Math.ceil(backoffSeconds(TASK_POLICIES[outcome.task.kind], outcome.task.tries));
}

function errorCode(outcome: TaskOutcome<unknown>): string | null {
  return outcome.outcome === 'done' ? null : outcome.code;
}

function errorMessage(outcome: TaskOutcome<unknown>): string | null {
  return outcome.outcome === 'done' ? null : outcome.message;
}
