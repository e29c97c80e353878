import { sql, type Kysely } from 'kysely';

/** Several models side by side: defaults, a second stage that classifies what the first one found. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

/** Which classifier looks at which detections; all three or none. */
const CLASSIFY = `
  add column classifier_id bigint references models,
  add column classify_category text check (classify_category in ('animal', 'person', 'vehicle')),
  add column classify_threshold real check (classify_threshold between 0 and 1),
  add check ((classifier_id is null) = (classify_category is null) and (classifier_id is null) = (classify_threshold is null))`;

const STATEMENTS = [
  `alter table models
    add column stage text not null default 'detect' check (stage in ('detect', 'classify')),
    add column is_default boolean not null default false`,
  `comment on column models.is_default is 'the detector of runs whose project names none'`,
  `create unique index models_default on models ((true)) where is_default`,
  `update models set is_default = true where id = (select max(id) from models)`,

  `alter table projects add column model_id bigint references models, ${CLASSIFY}`,
  `comment on column projects.model_id is 'the detector of new runs; null: the default one'`,
  `create index projects_model on projects (model_id)`,
  `create index projects_classifier on projects (classifier_id)`,

  `alter table runs ${CLASSIFY}`,
  `create index runs_classifier on runs (classifier_id)`,

  `alter table tasks drop constraint tasks_kind_check`,
  `alter table tasks add constraint tasks_kind_check check (kind in ('scan', 'detect', 'classify', 'export')) not valid`,
  `alter table tasks validate constraint tasks_kind_check`,
  `comment on column tasks.subject_id is 'the ingest (scan), image (detect, classify) or export (export) with this id'`,

  // What a classifier says of a detection, the surest label first. A second run of the same work changes nothing.
  `create table classifications (
    detection_id bigint not null references detections,
    model_id bigint not null references models,
    rank smallint not null check (rank between 1 and 5),
    label text not null,
    score real not null check (score between 0 and 1),
    engine text not null,
    created_at timestamptz not null default now(),
    primary key (detection_id, model_id, rank)
  )`,
  `create index classifications_model on classifications (model_id)`,

  // What the ml-workers compute with, told by themselves now and then: the gateway never talks to them.
  `create table engine_reports (
    worker text primary key,
    engine jsonb not null,
    reported_at timestamptz not null default now()
  )`,
];
