import { sql, type Kysely } from 'kysely';

/** Runs can be paused, started over where they failed, and moved forward or back; see docs/adr/0011. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  `alter table runs
    add column paused_at timestamptz,
    add column retry_at timestamptz,
    add column reprioritised_at timestamptz,
    add column swept_at timestamptz`,
  `comment on column runs.paused_at is 'since when nothing of it is rung or claimed; null: it is not paused'`,
  `comment on column runs.retry_at is 'what failed up to then is to be started over; null: nothing is left of that'`,
  `comment on column runs.reprioritised_at is 'its tasks may still have the priority of before; null: they have its own'`,
  `comment on column runs.swept_at is 'when tasks of it were last brought in line with these marks'`,
  `create index runs_paused on runs (id) where paused_at is not null`,
  `create index runs_retried on runs (id) where retry_at is not null`,
  `create index runs_reprioritised on runs (id) where reprioritised_at is not null`,

  `alter table tasks
    add column held boolean not null default false,
    add column attempts_before smallint not null default 0`,
  `comment on column tasks.held is 'waits until its run goes on, out of the sight of those who ring'`,
  `comment on column tasks.attempts_before is 'attempts of earlier series: a failed task that is started over has a fresh number of them'`,
  `alter table tasks add constraint tasks_held_check check (not held or (state = 'waiting' and run_id is not null)) not valid`,
  `alter table tasks validate constraint tasks_held_check`,

  `drop index tasks_waiting`,
  `create index tasks_waiting on tasks (kind, priority desc, run_at, id) where state = 'waiting' and not held`,
  `create index tasks_held on tasks (run_id) where held`,
  `drop index tasks_run`,
  `create index tasks_run on tasks (run_id, state, held, priority)`,
];
