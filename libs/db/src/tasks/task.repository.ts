import { sql } from 'kysely';
import { TASK_KINDS, type TaskKind } from '@pugmark/contracts';
import {
  TASK_POLICIES,
  backoffSeconds,
  interruptionSeconds,
  type ClaimedTask,
  type TaskOutcome,
} from '@pugmark/domain';
import type { Database, DatabaseTransaction, Executor } from '../connection/database';
import { isDatabaseUnavailable } from '../connection/is-database-unavailable';
import { PREPARED } from '../connection/prepared-statements';
import { UNCLAIMABLE_RUNS, RUNS_WITH_PAUSED_TASKS, IS_TO_RETRY, CANCELLING_RUNS } from '../runs/requested-run-state';

/** A due task to publish; `attempt` is the one that its notification asks for. */
export interface PublishableTask {
  readonly id: number;
  readonly attempt: number;
  readonly traceparent: string | null;
}

export interface NotifiedTask {
  readonly id: number;
  readonly attempt: number;
}

/** Tasks that a reconciliation repaired. */
export interface Reconciled {
  /** Running tasks whose lease had expired, which wait again or failed. */
  readonly leasesExpired: number;
  /** Of these, tasks that were interrupted too often: failed with `worker_lost`. */
  readonly exhausted: number;
  /** Queued tasks whose notification was not answered in time, which wait to be published again. */
  readonly notificationsLost: number;
}

/** A group of tasks that violate the invariant. */
export interface InvariantViolation {
  readonly kind: TaskKind;
  readonly state: 'waiting' | 'queued' | 'running';
  readonly count: number;
  readonly oldestSeconds: number;
}

/** A kind of which attempts were given up, and nothing has moved since. */
export interface Standstill {
  readonly kind: TaskKind;
  /** Tasks whose last attempt was given up. */
  readonly count: number;
  /** Since the work of the kind last moved. */
  readonly seconds: number;
  readonly limitSeconds: number;
}

/** When the work of a kind last moved, and how long it may stand still. */
export interface TaskProgress {
  readonly kind: TaskKind;
  readonly progressedAt: Date;
  readonly limitSeconds: number;
}

/**
 * The table `tasks`. All times are the database's. Rows of known ids are found by a lateral query with a limit, which
 * can only use the primary key: in a plain join, Postgres may search by kind and state instead, as long as its
 * statistics do not know yet that all of a hundred thousand new tasks wait.
 */
export class TaskRepository {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** The kinds that have a due task. */
  async dueKinds(): Promise<TaskKind[]> {
    return this.#db.transaction().execute(async (tx) => {
      await sql`select ${BY_INDEX}`.execute(tx);
      const { rows } = await sql<{ kind: TaskKind }>`
        select kind from unnest(${[...TASK_KINDS]}::text[]) as kind
        where (
          select true from tasks t where t.kind = kind.kind and t.state = 'waiting' and not t.paused
            and t.run_at <= now()
          order by t.priority desc, t.run_at, t.id limit 1
        )`.execute(tx);
      return rows.map(({ kind }) => kind);
    });
  }

  /**
   * Marks due tasks of a kind as queued, up to `depth` minus the queued ones, and returns them, the most urgent first.
   * They are marked before their notifications are published, so that no row stays locked while a broker confirms, and
   * a worker that is faster than the confirm can claim. If this process dies in between, `reconcile` puts them back.
   */
  async markDue(kind: TaskKind, depth: number, limit: number): Promise<PublishableTask[]> {
    return this.#db.transaction().execute(async (tx) => {
      const { rows: queued } = await sql<{ count: number }>`
        select count(*) as count, ${BY_INDEX} from tasks where kind = ${kind} and state = 'queued'`.execute(tx);
      const freeCapacity = Math.min(limit, depth - (queued[0]?.count ?? 0));
      if (freeCapacity <= 0) return [];
      const { rows } = await sql<PublishableTask>`
        select id, attempt + 1 as attempt, traceparent from tasks
        where kind = ${kind} and state = 'waiting' and not paused and run_at <= now()
          and (run_id is null or run_id <> all (array(${UNCLAIMABLE_RUNS})))
        order by priority desc, run_at, id limit ${freeCapacity} for update skip locked`.execute(tx);
      if (rows.length > 0)
        await sql`update tasks set state = 'queued', queued_at = clock_timestamp()
          where id = any(${rows.map(({ id }) => id)}::bigint[])`.execute(tx);
      return rows;
    });
  }

  /**
   * Lets tasks wait again that `markDue` returned and whose notifications were not confirmed. Fenced by their attempt:
   * tasks that were claimed, cancelled or put back meanwhile are not changed.
   */
  async putBack(tasks: readonly PublishableTask[]): Promise<void> {
    await sql`
      with locked as (
        select m.id from (
          select * from unnest(${tasks.map((t) => t.id)}::bigint[], ${tasks.map((t) => t.attempt)}::int[])
            as m (id, attempt) order by id
        ) m cross join lateral (select state, attempt from tasks where id = m.id limit 1 for update) t
        where t.state = 'queued' and t.attempt = m.attempt - 1
      )
      update tasks t set state = 'waiting', queued_at = null from locked l
      where t.id = l.id and t.id = any (array(select id from locked))`.execute(this.#db);
  }

  /**
   * Claims the tasks of these notifications that still wait for this attempt. The others were claimed, have ended, were
   * cancelled or belong to a paused run: their notifications are stale. Locks the run against cancellation and pause,
   * so that none of its tasks starts afterwards.
   */
  async claim(kind: TaskKind, notifications: readonly NotifiedTask[], owner: string): Promise<ClaimedTask[]> {
    const { rows } = await sql<ClaimedTask>`${PREPARED}
      with wanted as (
        select distinct * from unnest(${notifications.map((d) => d.id)}::bigint[],
          ${notifications.map((d) => d.attempt)}::int[]) as w (id, attempt)
      ), found as materialized (
        select w.id, t.run_id from wanted w
          cross join lateral (select kind, state, attempt, run_id from tasks where id = w.id limit 1) t
        where t.kind = ${kind} and t.state in ('waiting', 'queued') and t.attempt = w.attempt - 1
      ), open_runs as materialized (
        select r.id from runs r
        where r.id in (select run_id from found) and r.cancelled_at is null and r.paused_at is null
        for key share
      ), locked as (
        select f.id from (
          select f.id, w.attempt from found f join wanted w on w.id = f.id
          where f.run_id is null or f.run_id in (select id from open_runs) order by f.id
        ) f cross join lateral (select state, attempt from tasks where id = f.id limit 1 for update) t
        where t.state in ('waiting', 'queued') and t.attempt = f.attempt - 1
      )
      update tasks t set
        state = 'running', attempt = t.attempt + 1, paused = false, owner = ${owner}, started_at = clock_timestamp(),
        lease_until = clock_timestamp() + ${TASK_POLICIES[kind].leaseSeconds} * interval '1 second'
      from locked l where t.id = l.id and t.id = any (array(select id from locked))
      returning t.id, t.kind, t.subject_id as "subjectId", t.run_id as "runId", t.attempt,
        t.failures, t.interruptions, t.error_code as "lastErrorCode", t.traceparent`.execute(this.#db);
    return rows;
  }

  /**
   * Extends the leases of running tasks. Returns the ids that are still held; the others were cancelled or reassigned.
   */
  async renew(tasks: readonly ClaimedTask[]): Promise<number[]> {
    const { rows } = await sql<{ id: number }>`
      with locked as (
        select h.id, h.seconds
        from (
          select * from unnest(${tasks.map((t) => t.id)}::bigint[], ${tasks.map((t) => t.attempt)}::int[],
            ${tasks.map((t) => TASK_POLICIES[t.kind].leaseSeconds)}::int[]) as held (id, attempt, seconds)
          order by id
        ) h cross join lateral (select state, attempt from tasks where id = h.id limit 1 for update) t
        where t.attempt = h.attempt and t.state = 'running'
      )
      update tasks t set lease_until = clock_timestamp() + l.seconds * interval '1 second' from locked l
        where t.id = l.id and t.id = any (array(select id from locked))
      returning t.id`.execute(this.#db);
    return rows.map((row) => row.id);
  }

  /** Returns the ids of those of these running tasks that this process still holds. */
  async stillHeld(tasks: readonly ClaimedTask[]): Promise<number[]> {
    const { rows } = await sql<{ id: number }>`
      select h.id from unnest(${tasks.map((t) => t.id)}::bigint[], ${tasks.map((t) => t.attempt)}::int[])
        as h (id, attempt) cross join lateral (select state, attempt from tasks where id = h.id limit 1) t
      where t.attempt = h.attempt and t.state = 'running'`.execute(this.#db);
    return rows.map((row) => row.id);
  }

  /**
   * Ends attempts and writes their results in one transaction. Rows are fenced by their attempt: an outcome of a stale
   * attempt changes nothing, and its result is not passed to `write`. Returns the ids that were updated.
   */
  async commit<Result>(
    outcomes: readonly TaskOutcome<Result>[],
    write: (tx: DatabaseTransaction, done: readonly { task: ClaimedTask; result: Result }[]) => Promise<void>,
  ): Promise<number[]> {
    return this.#db.transaction().execute(async (tx) => {
      const { rows } = await sql<{ id: number; attempt: number }>`${PREPARED}
        with ended as (
          select * from unnest(
            ${outcomes.map((o) => o.task.id)}::bigint[], ${outcomes.map((o) => o.task.attempt)}::int[],
              ${outcomes.map(nextState)}::text[],
            ${outcomes.map(failuresAfter)}::int[], ${outcomes.map(interruptionsAfter)}::int[],
            ${outcomes.map(waitSeconds)}::int[], ${outcomes.map(errorCode)}::text[],
              ${outcomes.map(errorMessage)}::text[]
          ) as e (id, attempt, state, failures, interruptions, wait_seconds, error_code, error_message) order by id
        ), locked as (
          select e.* from ended e
            cross join lateral (select state, attempt from tasks where id = e.id limit 1 for update) t
          where t.attempt = e.attempt and t.state = 'running'
        )
        update tasks t set
          state = e.state, failures = e.failures, interruptions = e.interruptions, owner = null, lease_until = null,
          -- Of a task that has ended it stays: when it was lost last.
          queued_at = case when e.state = 'waiting' then null else t.queued_at end,
          run_at = case when e.state = 'waiting' then clock_timestamp() + e.wait_seconds * interval '1 second'
            else t.run_at end,
          finished_at = case when e.state = 'waiting' then null else clock_timestamp() end,
          error_code = e.error_code, error_message = e.error_message
        from locked e where t.id = e.id and t.id = any (array(select id from locked))
        returning t.id, t.attempt`.execute(tx);
      const attempts = new Map(rows.map(({ id, attempt }) => [id, attempt]));
      const done = outcomes.flatMap((o) =>
        o.outcome === 'done' && attempts.get(o.task.id) === o.task.attempt ? [{ task: o.task, result: o.result }] : [],
      );
      if (done.length > 0) await write(tx, done);
      return [...attempts.keys()];
    });
  }

  /**
   * Locks the row in the transaction of a step of a long task, and returns whether this attempt is still the running
   * one. If not, the step must be rolled back.
   */
  async holdsLease(tx: DatabaseTransaction, task: ClaimedTask): Promise<boolean> {
    const { rows } = await sql`select 1 from tasks where id = ${task.id} and attempt = ${task.attempt}
        and state = 'running' for update`.execute(tx);
    return rows.length === 1;
  }

  /** The kinds that have a queued or running task. */
  async activeKinds(): Promise<TaskKind[]> {
    const { rows } = await sql<{ kind: TaskKind }>`
      select kind from unnest(${[...TASK_KINDS]}::text[]) as kind
      where exists (select 1 from tasks t where t.kind = kind.kind and t.state = 'queued')
        or exists (select 1 from tasks t where t.kind = kind.kind and t.state = 'running')`.execute(this.#db);
    return rows.map(({ kind }) => kind);
  }

  /**
   * Repairs violations of the invariant: running tasks without a live lease, and queued ones whose notification is
   * older than `notificationTimeoutSeconds`.
   */
  async reconcile(kind: TaskKind, notificationTimeoutSeconds: number): Promise<Reconciled> {
    const policy = TASK_POLICIES[kind];
    const { rows } = await sql<{ state: string; count: number }>`
      with expired as (
        select id, interruptions + 1 as interruptions, interruptions + 1 >= ${policy.maxInterruptions} as exhausted
        from tasks where kind = ${kind} and state = 'running' and lease_until < now()
        order by id limit 10000 for update skip locked
      ), put_back as (
        update tasks t set
          state = case when e.exhausted then 'failed' else 'waiting' end, interruptions = e.interruptions,
          run_at = now() + interval '1 second'
            * (least(${policy.maxBackoffSeconds}, ${policy.backoffSeconds} * 2 ^ least(e.interruptions - 1, 30))
              - ${policy.backoffSeconds}),
          queued_at = null, lease_until = null,
          finished_at = case when e.exhausted then now() end,
          error_code = 'worker_lost',
          error_message = 'the worker ' || t.owner || ' stopped renewing its lease in attempt ' || t.attempt,
          owner = null
        from expired e where t.id = e.id
        returning t.state
      )
      select state, count(*) as count from put_back group by state`.execute(this.#db);
    const lost = await sql<{ id: number }>`
      with lost as (
        select id from tasks where kind = ${kind} and state = 'queued'
          and queued_at < now() - ${notificationTimeoutSeconds} * interval '1 second'
        order by id limit 10000 for update skip locked
      )
      update tasks t set state = 'waiting', queued_at = null from lost l where t.id = l.id returning t.id`.execute(
      this.#db,
    );
    const count = (state: string): number => rows.find((row) => row.state === state)?.count ?? 0;
    return {
      leasesExpired: count('waiting') + count('failed'),
      exhausted: count('failed'),
      notificationsLost: lost.rows.length,
    };
  }

  /**
   * Reports violations of the system's invariant: every task that has not ended has a live lease, a recent
   * notification, a `run_at` in the future, or a paused run. A due task that waits is valid while tasks of its kind are
   * queued or running (the depth of a queue is limited) or have just ended; otherwise no dispatcher is publishing. A
   * paused task of a run that is not paused, and a failed one that is to be retried, are valid while the reconciler
   * makes progress with its run. `graceSeconds` is the time allowed for repair.
   */
  async findInvariantViolations(
    notificationTimeoutSeconds: number,
    graceSeconds: number,
  ): Promise<InvariantViolation[]> {
    const { rows } = await sql<InvariantViolation>`
      select kind, state, count(*)::int as count, extract(epoch from now() - min(since))::float8 as "oldestSeconds"
        from (
        select kind, state, lease_until as since from tasks
          where state = 'running' and lease_until < now() - ${graceSeconds} * interval '1 second'
        union all
        select kind, state, queued_at from tasks
          where state = 'queued'
            and queued_at < now() - ${notificationTimeoutSeconds + graceSeconds} * interval '1 second'
        union all
        select t.kind, t.state, greatest(t.run_at, k.finished_at) from (
          select kind, (
            select max(ended.finished_at) from tasks ended
            where ended.kind = kinds.kind and ended.state in ('done', 'failed')
          ) as finished_at
          from unnest(${[...TASK_KINDS]}::text[]) as kinds (kind)
          where not exists (select 1 from tasks ahead where ahead.kind = kinds.kind and ahead.state = 'queued')
            and not exists (select 1 from tasks ahead where ahead.kind = kinds.kind and ahead.state = 'running')
        ) k join tasks t on t.kind = k.kind and t.state = 'waiting' and not t.paused
          where greatest(t.run_at, k.finished_at) < now() - ${graceSeconds} * interval '1 second'
          and (t.run_id is null or t.run_id <> all (array(${UNCLAIMABLE_RUNS})))
        union all
        select t.kind, t.state, greatest(r.created_at, r.reconciled_at) from runs r
          join tasks t on t.run_id = r.id and t.paused
          where r.id in (${RUNS_WITH_PAUSED_TASKS}) and r.paused_at is null and r.id <> all (array(${CANCELLING_RUNS}))
          and greatest(r.created_at, r.reconciled_at) < now() - ${graceSeconds} * interval '1 second'
        union all
        select t.kind, 'waiting', greatest(r.retry_requested_at, r.reconciled_at) from runs r
          join tasks t on t.run_id = r.id and ${IS_TO_RETRY}
          where r.retry_requested_at is not null and greatest(r.retry_requested_at,
            r.reconciled_at) < now() - ${graceSeconds} * interval '1 second'
      ) broken group by kind, state order by kind, state`.execute(this.#db);
    return rows;
  }

  /** The progress of each kind of which a worker has ever run. */
  async readProgress(): Promise<TaskProgress[]> {
    const { rows } = await sql<TaskProgress>`
      select kind, progressed_at as "progressedAt", limit_seconds as "limitSeconds"
      from task_progress order by kind`.execute(this.#db);
    return rows;
  }

  /** Finds the kinds of which attempts were given up for want of progress, and nothing has moved within the limit. */
  async findStandstills(): Promise<Standstill[]> {
    const { rows } = await sql<Standstill>`
      select p.kind, t.count, extract(epoch from now() - p.progressed_at)::float8 as seconds,
        p.limit_seconds as "limitSeconds"
      from task_progress p cross join lateral (
        select count(*)::int as count from tasks
        where kind = p.kind and error_code = 'no_progress' and state in ('waiting', 'queued', 'running')
      ) t
      where t.count > 0 and p.progressed_at < now() - p.limit_seconds * interval '1 second'
      order by p.kind`.execute(this.#db);
    return rows;
  }

  /** Records how long the work of a kind may stand still: from now on, if it has never moved. */
  async recordProgressLimit(kind: TaskKind, limitSeconds: number): Promise<void> {
    await sql`insert into task_progress (kind, progressed_at, limit_seconds)
      values (${kind}, clock_timestamp(), ${limitSeconds})
      on conflict (kind) do update set limit_seconds = excluded.limit_seconds`.execute(this.#db);
  }

  /** Records that the work of a kind moves now, and how long it may stand still. */
  async recordProgress(kind: TaskKind, limitSeconds: number): Promise<void> {
    await sql`insert into task_progress as p (kind, progressed_at, limit_seconds)
      values (${kind}, clock_timestamp(), ${limitSeconds})
      on conflict (kind) do update set
        progressed_at = greatest(p.progressed_at, excluded.progressed_at),
        limit_seconds = excluded.limit_seconds`.execute(this.#db);
  }

  /** Whether the database is unreachable, overloaded or restarting; see `isDatabaseUnavailable`. */
  isUnavailable(error: unknown): boolean {
    return isDatabaseUnavailable(error);
  }

  /** SQLSTATE classes 22 (data exception) and 23 (integrity constraint violation): a retry would not help. */
  isDataError(error: unknown): boolean {
    const code = (error as { code?: unknown } | null)?.code;
    return typeof code === 'string' && /^2[23][0-9A-Z]{3}$/.test(code);
  }

  /** Creates one task, in the transaction of its subject. */
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

  /** Cancels the task of one subject unless it has ended. The commit of a worker that holds it is fenced. */
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

  /** Restarts the task of one subject that failed or was cancelled, with the full number of attempts. */
  async restart(db: Executor, kind: TaskKind, subjectId: number): Promise<number> {
    const result = await db
      .updateTable('tasks')
      .set({
        state: 'waiting',
        failures: 0,
        interruptions: 0,
        run_at: sql<Date>`now()`,
        queued_at: null,
        finished_at: null,
        error_code: null,
        error_message: null,
      })
      .where('state', 'in', ['failed', 'cancelled'])
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
 * Disables sorting for the rest of the transaction, so that queries of due tasks in the order of the index
 * `tasks_waiting` use that index. Otherwise Postgres scans the table after a large run was paused: for minutes its
 * statistics say that everything is still due, and then that the index is as large as before.
 */
const BY_INDEX = sql`set_config('enable_sort', 'off', true)`;

function nextState(outcome: TaskOutcome<unknown>): 'done' | 'failed' | 'waiting' {
  const policy = TASK_POLICIES[outcome.task.kind];
  switch (outcome.outcome) {
    case 'retry':
      return failuresAfter(outcome) >= policy.maxFailures ? 'failed' : 'waiting';
    case 'interrupted':
      return interruptionsAfter(outcome) >= policy.maxInterruptions ? 'failed' : 'waiting';
    default:
      return outcome.outcome;
  }
}

function failuresAfter({ task, outcome }: TaskOutcome<unknown>): number {
  return task.failures + (outcome === 'retry' || outcome === 'failed' ? 1 : 0);
}

function interruptionsAfter({ task, outcome }: TaskOutcome<unknown>): number {
  return task.interruptions + (outcome === 'interrupted' ? 1 : 0);
}

function waitSeconds(outcome: TaskOutcome<unknown>): number {
  const policy = TASK_POLICIES[outcome.task.kind];
  return outcome.outcome === 'interrupted'
    ? interruptionSeconds(policy, interruptionsAfter(outcome))
    : backoffSeconds(policy, failuresAfter(outcome));
}

function errorCode(outcome: TaskOutcome<unknown>): string | null {
  return outcome.outcome === 'done' ? null : outcome.code;
}

function errorMessage(outcome: TaskOutcome<unknown>): string | null {
  return outcome.outcome === 'done' ? null : outcome.message;
}
