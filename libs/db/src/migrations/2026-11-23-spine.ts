import { sql, type Kysely } from 'kysely';

/** The spine: projects to detections, the tasks table, exports. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const ID = 'id bigint generated always as identity primary key';

const STATEMENTS = [
  `create table projects (
    ${ID},
    name text not null unique,
    created_at timestamptz not null default now()
  )`,

  `create table locations (
    ${ID},
    project_id bigint not null references projects,
    name text not null,
    latitude double precision check (latitude between -90 and 90),
    longitude double precision check (longitude between -180 and 180),
    created_at timestamptz not null default now(),
    unique (project_id, name)
  )`,

  // One camera at one location from start to end. Its zone and clock offset turn the camera's wall clock into instants.
  `create table deployments (
    ${ID},
    project_id bigint not null references projects,
    location_id bigint references locations,
    name text not null,
    timezone text not null,
    clock_offset_seconds integer not null default 0,
    starts_at timestamptz,
    ends_at timestamptz,
    created_at timestamptz not null default now(),
    unique (project_id, name),
    check (ends_at > starts_at)
  )`,
  `create index deployments_location on deployments (location_id)`,

  `create table models (
    ${ID},
    name text not null,
    version text not null,
    licence text not null,
    threshold real not null,
    manifest jsonb not null,
    created_at timestamptz not null default now(),
    unique (name, version)
  )`,

  // One model over a set of images. Whether it has ended is read from its tasks, so that no second write can be lost.
  `create table runs (
    ${ID},
    project_id bigint not null references projects,
    model_id bigint not null references models,
    priority smallint not null default 0,
    cancelled_at timestamptz,
    created_at timestamptz not null default now()
  )`,
  `create index runs_project on runs (project_id, id)`,
  `create index runs_model on runs (model_id)`,

  `create table ingests (
    ${ID},
    project_id bigint not null references projects,
    deployment_id bigint references deployments,
    run_id bigint references runs,
    source text not null check (source in ('folder', 'upload')),
    mode text not null check (mode in ('reference', 'copy')),
    folder text not null,
    files_seen integer not null default 0,
    images_added integer not null default 0,
    duplicates integer not null default 0,
    skipped integer not null default 0,
    bytes_added bigint not null default 0,
    created_at timestamptz not null default now()
  )`,
  `create index ingests_project on ingests (project_id, id)`,
  `create index ingests_deployment on ingests (deployment_id)`,
  `create index ingests_run on ingests (run_id)`,

  `create table images (
    ${ID},
    project_id bigint not null references projects,
    deployment_id bigint references deployments,
    ingest_id bigint not null references ingests,
    sha256 bytea not null,
    mode text not null check (mode in ('reference', 'copy')),
    location text not null,
    file_path text not null,
    format text not null check (format in ('jpeg', 'png', 'webp', 'tiff')),
    bytes bigint not null,
    width integer not null,
    height integer not null,
    captured_local timestamp,
    captured_at timestamptz,
    camera_make text,
    camera_model text,
    camera_serial text,
    latitude double precision,
    longitude double precision,
    created_at timestamptz not null default now(),
    unique (project_id, sha256)
  )`,
  `comment on column images.location is 'mode reference: absolute path; mode copy: key in the content-addressed storage'`,
  `comment on column images.file_path is 'path below the ingested folder, as people know the picture'`,
  `comment on column images.captured_local is 'the reading of the camera''s clock; null when the picture has none: a time is never invented'`,
  `comment on column images.captured_at is 'captured_local in the zone and with the clock offset of the deployment; null without either'`,
  `create index images_project on images (project_id, id)`,
  `create index images_deployment on images (deployment_id, id)`,
  `create index images_ingest on images (ingest_id)`,
  `create index images_captured on images (project_id, captured_at)`,

  // What became of each file of an ingest: the list for people, and what makes a scan resumable.
  `create table ingest_files (
    ingest_id bigint not null references ingests,
    path text not null,
    outcome text not null check (outcome in ('added', 'duplicate', 'skipped')),
    reason_code text,
    reason text,
    image_id bigint references images,
    primary key (ingest_id, path)
  )`,
  `create index ingest_files_image on ingest_files (image_id)`,
  `create index ingest_files_outcome on ingest_files (ingest_id, outcome, path)`,

  // The row is the work, the message is only a doorbell.
  `create table tasks (
    ${ID},
    kind text not null check (kind in ('scan', 'detect', 'export')),
    subject_id bigint not null,
    run_id bigint references runs,
    state text not null default 'waiting'
      check (state in ('waiting', 'queued', 'running', 'done', 'failed', 'cancelled')),
    priority smallint not null default 0,
    attempt smallint not null default 0,
    run_at timestamptz not null default now(),
    queued_at timestamptz,
    started_at timestamptz,
    lease_until timestamptz,
    finished_at timestamptz,
    owner text,
    error_code text,
    error_message text,
    traceparent text,
    created_at timestamptz not null default now(),
    check (state <> 'running' or (lease_until is not null and owner is not null)),
    check (state <> 'queued' or queued_at is not null),
    check (state not in ('done', 'failed', 'cancelled') or finished_at is not null),
    check (state <> 'failed' or (error_code is not null and error_message is not null))
  ) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000)`,
  `comment on column tasks.subject_id is 'the ingest (scan), image (detect) or export (export) with this id'`,
  `comment on column tasks.attempt is 'attempts begun; the number of the running one is its fencing token'`,
  `create unique index tasks_subject on tasks (kind, subject_id, (coalesce(run_id, 0)))`,
  `create index tasks_waiting on tasks (kind, priority desc, run_at, id) where state = 'waiting'`,
  `create index tasks_queued on tasks (kind, queued_at) where state = 'queued'`,
  `create index tasks_running on tasks (kind, lease_until) where state = 'running'`,
  `create index tasks_run on tasks (run_id, state)`,
  `create index tasks_finished on tasks (kind, finished_at) where state in ('done', 'failed')`,

  // One result of one model for one image; `stage` leaves room for classifiers. A second run of the same work changes nothing.
  `create table inferences (
    ${ID},
    image_id bigint not null references images,
    model_id bigint not null references models,
    stage text not null check (stage in ('detect')),
    engine text not null,
    warning text check (warning in ('truncated')),
    decode_ms real not null,
    infer_ms real not null,
    created_at timestamptz not null default now(),
    unique (image_id, model_id, stage)
  )`,
  `create index inferences_model on inferences (model_id)`,

  `create table detections (
    ${ID},
    inference_id bigint not null references inferences,
    image_id bigint not null references images,
    category text not null check (category in ('animal', 'person', 'vehicle')),
    label text not null,
    confidence real not null check (confidence between 0 and 1),
    x real not null,
    y real not null,
    width real not null check (width > 0),
    height real not null check (height > 0)
  )`,
  `create index detections_inference on detections (inference_id)`,
  `create index detections_image on detections (image_id, category, confidence)`,

  // Status is read from the task and these columns, which are written in the transaction that ends it.
  `create table exports (
    ${ID},
    project_id bigint not null references projects,
    format text not null check (format in ('csv')),
    content text not null check (content in ('detections')),
    filter jsonb not null,
    percent smallint not null default 0,
    row_count integer,
    bytes bigint,
    sha256 bytea,
    file_key text,
    expires_at timestamptz,
    created_at timestamptz not null default now()
  )`,
  `create index exports_project on exports (project_id, id)`,
];
