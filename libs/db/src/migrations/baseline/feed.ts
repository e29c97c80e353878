import { CREATED_AT, ID } from './columns';

export const EXPORTS: readonly string[] = [
  // The state is read from the export's task; these columns are written in the transaction that ends the task.
  `create table exports (
    ${ID},
    project_id bigint not null references projects,
    format text not null check (format in ('csv')),
    content text not null check (content in ('detections', 'observations')),
    filter jsonb not null,
    percent smallint not null default 0,
    row_count integer,
    bytes bigint,
    sha256 bytea,
    file_key text,
    expires_at timestamptz,
    feed_pending boolean not null default true,
    ${CREATED_AT}
  )`,
  `comment on column exports.feed_pending is 'the last feed row of the export is still to be written'`,
  `create index exports_project on exports (project_id, id)`,
  `create index exports_expires on exports (expires_at)`,
  `create index exports_feed_pending on exports (id) where feed_pending`,
];

/** Incidents, and the feed of changes: states of runs, exports and incidents in order, kept for a day. */
export const FEED: readonly string[] = [
  `create table incidents (
    ${ID},
    check_name text not null,
    subject text not null,
    severity text not null check (severity in ('warning', 'critical')),
    message text not null,
    opened_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    resolved_at timestamptz,
    feed_pending boolean not null default true
  )`,
  `comment on table incidents
    is 'problems that the watchdog found: at most one open incident for each check and subject'`,
  `comment on column incidents.subject is 'what the check found the problem in'`,
  `comment on column incidents.feed_pending is 'the last feed row of the incident is still to be written'`,
  `create unique index incidents_open on incidents (check_name, subject) where resolved_at is null`,
  `create index incidents_feed_pending on incidents (id) where feed_pending`,

  `create table feed (
    ${ID},
    at timestamptz not null default clock_timestamp(),
    project_id bigint references projects,
    topic text not null check (topic in ('run', 'export', 'incident')),
    subject_id bigint not null,
    data jsonb not null,
    ended boolean not null,
    recheck boolean not null,
    latest boolean not null default true
  ) with (autovacuum_vacuum_scale_factor = 0.05)`,
  `comment on column feed.id is 'in order of commit: only the holder of the lock on feed_state inserts rows'`,
  `comment on column feed.project_id is 'null: the subject belongs to no project'`,
  `comment on column feed.data is 'the subject as the API returns it'`,
  `comment on column feed.ended is 'no further change of the subject is expected'`,
  `comment on column feed.recheck
    is 'the subject may change without a change of its tasks: the next scan reads it again'`,
  `comment on column feed.latest is 'there is no later row of the subject'`,
  `create unique index feed_latest on feed (topic, subject_id) where latest`,
  `create index feed_not_ended on feed (id) where latest and not ended`,
  `create index feed_recheck on feed (topic) where latest and recheck`,
  `create index feed_at on feed (at)`,
  `create index feed_project on feed (project_id)`,

  `create table feed_state (
    singleton boolean primary key default true check (singleton),
    scanned_at timestamptz not null default now(),
    next_scan_at timestamptz not null default now(),
    deleted_up_to bigint not null default 0
  )`,
  `comment on table feed_state is 'one row; the holder of its lock is the only writer of the feed'`,
  `comment on column feed_state.scanned_at is 'when changes were last searched for'`,
  `comment on column feed_state.deleted_up_to is 'the highest id of feed that was deleted'`,
  `insert into feed_state default values`,
];
