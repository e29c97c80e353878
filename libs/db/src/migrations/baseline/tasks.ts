import { CREATED_AT, ID, VACUUM_EARLY } from './columns';

/**
 * Asynchronous work. A row is the work itself; the message in RabbitMQ only notifies a worker that the row is ready. A
 * task is waiting until a dispatcher publishes its notification, queued until a worker claims it, and running while it
 * holds the lease.
 */
export const TASKS: readonly string[] = [
  `create table tasks (
    ${ID},
    kind text not null check (kind in ('scan', 'detect', 'classify', 'export')),
    subject_id bigint not null,
    run_id bigint references runs,
    state text not null default 'waiting'
      check (state in ('waiting', 'queued', 'running', 'done', 'failed', 'cancelled')),
    priority smallint not null default 0,
    paused boolean not null default false,
    attempt smallint not null default 0,
    previous_attempts smallint not null default 0,
    run_at timestamptz not null default now(),
    queued_at timestamptz,
    started_at timestamptz,
    lease_until timestamptz,
    finished_at timestamptz,
    owner text,
    error_code text,
    error_message text,
    traceparent text,
    ${CREATED_AT},
    check (state <> 'running' or (lease_until is not null and owner is not null)),
    check (state <> 'queued' or queued_at is not null),
    check (state not in ('done', 'failed', 'cancelled') or finished_at is not null),
    check (state <> 'failed' or (error_code is not null and error_message is not null)),
    constraint tasks_paused_check check (not paused or (state = 'waiting' and run_id is not null))
  ) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000)`,
  `comment on column tasks.subject_id is 'id of the ingest (scan), image (detect, classify) or export (export)'`,
  `comment on column tasks.paused is 'waits until its run is resumed; not in the index of tasks to publish'`,
  `comment on column tasks.attempt
    is 'attempts started; the number of the running attempt is its fencing token, so it never decreases'`,
  `comment on column tasks.previous_attempts
    is 'attempts before the last retry by a person, which grants the full number of attempts again'`,
  `create unique index tasks_subject on tasks (kind, subject_id, (coalesce(run_id, 0)))`,
  `create index tasks_waiting on tasks (kind, priority desc, run_at, id) where state = 'waiting' and not paused`,
  `create index tasks_paused on tasks (run_id) where paused`,
  `create index tasks_queued on tasks (kind, queued_at) where state = 'queued'`,
  `create index tasks_running on tasks (kind, lease_until) where state = 'running'`,
  `create index tasks_run on tasks (run_id, state, paused, priority)`,
  `create index tasks_run_detect on tasks (run_id, subject_id) where kind = 'detect'`,
  `create index tasks_finished on tasks (kind, finished_at) where state in ('done', 'failed')`,
  `create index tasks_failed_detect on tasks (subject_id, error_code) where kind = 'detect' and state = 'failed'`,
  `create index tasks_failed_reason on tasks (error_code, subject_id) where kind = 'detect' and state = 'failed'`,
  // Without it the planner treats "failed" and an error code as independent, and expects a thousandth of the rows.
  `create statistics tasks_failures (dependencies, mcv) on kind, state, error_code from tasks`,

  // How many tasks are in which state, without counting a million rows: each statement on tasks adds the differences.
  `create table task_counts (
    ${ID},
    kind text not null,
    run_id bigint references runs,
    state text not null,
    count integer not null
  ) ${VACUUM_EARLY}`,
  `comment on table task_counts
    is 'numbers of tasks; the rows of a kind, run and state are summed. Written by triggers on tasks'`,
  `create index task_counts_run on task_counts (run_id, state)`,
  `create index task_counts_kind on task_counts (kind, state)`,

  `create function count_inserted_tasks() returns trigger language plpgsql as $$
  begin
    insert into task_counts (kind, run_id, state, count)
      select kind, run_id, state, count(*) from new_rows group by kind, run_id, state;
    return null;
  end $$`,
  `create function count_updated_tasks() returns trigger language plpgsql as $$
  begin
    insert into task_counts (kind, run_id, state, count)
      select kind, run_id, state, sum(n) from (
        select kind, run_id, state, count(*) as n from new_rows group by kind, run_id, state
        union all select kind, run_id, state, -count(*) from old_rows group by kind, run_id, state
      ) differences group by kind, run_id, state having sum(n) <> 0;
    return null;
  end $$`,
  `create function count_deleted_tasks() returns trigger language plpgsql as $$
  begin
    insert into task_counts (kind, run_id, state, count)
      select kind, run_id, state, -count(*) from old_rows group by kind, run_id, state;
    return null;
  end $$`,
  `create function clear_task_counts() returns trigger language plpgsql as $$
  begin
    delete from task_counts;
    return null;
  end $$`,
  `create trigger tasks_inserted after insert on tasks
    referencing new table as new_rows for each statement execute function count_inserted_tasks()`,
  `create trigger tasks_updated after update on tasks
    referencing old table as old_rows new table as new_rows for each statement execute function count_updated_tasks()`,
  `create trigger tasks_deleted after delete on tasks
    referencing old table as old_rows for each statement execute function count_deleted_tasks()`,
  `create trigger tasks_truncated after truncate on tasks for each statement execute function clear_task_counts()`,
];
