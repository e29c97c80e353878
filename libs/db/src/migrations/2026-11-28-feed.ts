import { sql, type Kysely } from 'kysely';

/** The states of runs, exports and incidents as they changed, in order, for those who listen. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const OPEN = `('waiting', 'queued', 'running')`;

const STATEMENTS = [
  `create table incidents (
    id bigint generated always as identity primary key,
    check_name text not null,
    subject text not null,
    severity text not null check (severity in ('warning', 'critical')),
    message text not null,
    opened_at timestamptz not null default now(),
    seen_at timestamptz not null default now(),
    resolved_at timestamptz,
    feed_open boolean not null default true
  )`,
  `comment on table incidents is 'what the watchdog found wrong: one open incident at most for each check and subject'`,
  `create unique index incidents_open on incidents (check_name, subject) where resolved_at is null`,
  `create index incidents_feed_open on incidents (id) where feed_open`,

  `create table feed (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    project_id bigint references projects,
    topic text not null check (topic in ('run', 'export', 'incident')),
    subject_id bigint not null,
    data jsonb not null,
    ended boolean not null,
    moving boolean not null,
    latest boolean not null default true
  ) with (autovacuum_vacuum_scale_factor = 0.05)`,
  `comment on column feed.id is 'in order of commit: only who holds the row of feed_state adds rows'`,
  `comment on column feed.ended is 'nothing more is expected of the subject'`,
  `comment on column feed.moving is 'the subject may change without a sign in the tasks: it is looked at again at once'`,
  `comment on column feed.latest is 'no later row of the subject is there'`,
  `create unique index feed_latest on feed (topic, subject_id) where latest`,
  `create index feed_unended on feed (id) where latest and not ended`,
  `create index feed_moving on feed (topic) where latest and moving`,
  `create index feed_at on feed (at)`,
  `create index feed_project on feed (project_id)`,

  `create table feed_state (
    singleton boolean primary key default true check (singleton),
    looked_at timestamptz not null default now(),
    next_look_at timestamptz not null default now(),
    forgotten_to bigint not null default 0
  )`,
  `comment on table feed_state is 'one row; who holds its lock is the one writer of the feed'`,
  `comment on column feed_state.forgotten_to is 'the highest id of feed that was removed'`,
  `insert into feed_state default values`,

  `alter table runs add column feed_open boolean not null default true`,
  `comment on column runs.feed_open is 'its last row of the feed is still to be written'`,
  `update runs r set feed_open = false where cancelled_at is not null or not (
    exists (select 1 from tasks t where t.run_id = r.id and t.state in ${OPEN})
    or exists (select 1 from ingests i join tasks t on t.kind = 'scan' and t.subject_id = i.id where i.run_id = r.id and t.state in ${OPEN}))`,
  `create index runs_feed_open on runs (id) where feed_open`,

  `alter table exports add column feed_open boolean not null default true`,
  `comment on column exports.feed_open is 'the row of the feed that says how it ended is still to be written'`,
  `update exports e set feed_open = false where not exists (select 1 from tasks t where t.kind = 'export' and t.subject_id = e.id and t.state in ${OPEN})`,
  `create index exports_feed_open on exports (id) where feed_open`,
  `create index exports_expires on exports (expires_at)`,
];
