import { sql, type Kysely } from 'kysely';

/** Counts failed and interrupted attempts of a task separately, and records when the work of each kind last moved. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table tasks
    add column failures smallint not null default 0,
    add column interruptions smallint not null default 0`.execute(db);
  await sql`update tasks
    set failures = greatest(0, attempt - previous_attempts - case when state = 'running' then 1 else 0 end)
    where state in ('waiting', 'queued', 'running') and attempt > previous_attempts`.execute(db);
  await sql`alter table tasks drop column previous_attempts`.execute(db);
  await sql`comment on column tasks.failures
    is 'failed attempts since the task was created or last retried by a person'`.execute(db);
  await sql`comment on column tasks.interruptions
    is 'attempts that ended by a stop, an outage or a lost worker, counted like failures'`.execute(db);
  await sql`create table task_progress (
    kind text primary key,
    progressed_at timestamptz not null,
    limit_seconds integer not null check (limit_seconds > 0)
  )`.execute(db);
  await sql`create index tasks_no_progress on tasks (kind)
    where error_code = 'no_progress' and state in ('waiting', 'queued', 'running')`.execute(db);
  await sql`comment on table task_progress
    is 'when a worker last recorded that the work of a kind moved, and how long it may stand still'`.execute(db);
}
