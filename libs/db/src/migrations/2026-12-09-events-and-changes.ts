import { sql, type Kysely } from 'kysely';

/** Events of which the first image has lost its time; a number for each project that tells whether what is counted has changed; and indexes that a million images asked for. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const noting = (name: string, projects: string) => `create function ${name}() returns trigger language plpgsql as $$
  begin
    insert into project_changes (project_id, count) select project_id, 1 from (${projects}) changed group by project_id;
    return null;
  end $$`;

const failedOf = (rows: string) =>
  `select r.project_id from ${rows} t join runs r on r.id = t.run_id where t.kind = 'detect' and t.state = 'failed'`;

/** After each statement on a table. */
const noted = (table: string): string[] => [
  `create trigger ${table}_noted_insert after insert on ${table} referencing new table as added for each statement execute function note_added()`,
  `create trigger ${table}_noted_update after update on ${table} referencing old table as gone new table as added for each statement execute function note_changed()`,
  `create trigger ${table}_noted_delete after delete on ${table} referencing old table as gone for each statement execute function note_gone()`,
];

const STATEMENTS = [
  // An image whose time was taken away is an event without a time at once, while the event that began with it goes when events are formed next.
  `drop index events_identity`,
  `create unique index events_identity on events (first_image_id, category, (coalesce(label, '')), (coalesce(deployment_id, 0)), (starts_at is null))`,

  `create table project_changes (
    id bigint generated always as identity primary key,
    project_id bigint not null references projects,
    count bigint not null
  ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)`,
  `comment on table project_changes is 'the sum of the rows of a project grows with each commit that changes what statistics count: as long as it is the same, so are they'`,
  `create index project_changes_project on project_changes (project_id)`,
  noting('note_added', 'select project_id from added'),
  noting('note_gone', 'select project_id from gone'),
  noting('note_changed', 'select project_id from added union all select project_id from gone'),
  noting('note_failed', `${failedOf('added')} union all ${failedOf('gone')}`),
  ...['image_summaries', 'events', 'deployments'].flatMap(noted),
  // Whether an image has failed is known of its tasks alone.
  `create trigger tasks_noted_update after update on tasks referencing old table as gone new table as added for each statement execute function note_failed()`,

  // Few of very many, in order of something else.
  ...['animal', 'person', 'vehicle'].map(
    (category) =>
      `create index image_summaries_${category}_confidence on image_summaries (project_id, confidence, image_id) where has_${category}`,
  ),
  `create index events_of_hour on events (project_id, category, (date_part('hour', local_start))) where label is null`,
  // Without it Postgres takes "failed" and "with this code" for independent, and expects a thousandth of the rows.
  `create statistics tasks_failures (dependencies, mcv) on kind, state, error_code from tasks`,
  `analyze tasks (kind, state, error_code)`,
];
