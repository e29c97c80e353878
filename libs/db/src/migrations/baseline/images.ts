import { CREATED_AT, ID } from './columns';

/** Ingests (one folder or upload each), their files, and the images found in them. */
export const IMAGES: readonly string[] = [
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
    ${CREATED_AT}
  )`,
  `comment on column ingests.mode
    is 'reference: images stay where they are; copy: they are copied to the content-addressed storage'`,
  `create index ingests_project on ingests (project_id, id)`,
  `create index ingests_deployment on ingests (deployment_id)`,
  `create index ingests_run on ingests (run_id)`,

  // An image is unique by content within its project.
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
    manual_local timestamp,
    captured_at timestamptz,
    dst_issue text check (dst_issue in ('dst_gap', 'dst_overlap')),
    camera_make text,
    camera_model text,
    camera_serial text,
    latitude double precision,
    longitude double precision,
    ${CREATED_AT},
    unique (project_id, sha256)
  )`,
  `comment on column images.location
    is 'mode reference: absolute path; mode copy: key in the content-addressed storage'`,
  `comment on column images.file_path is 'path below the ingested folder, shown to people'`,
  `comment on column images.captured_local
    is 'reading of the camera''s clock; null when the file has none, never guessed'`,
  `comment on column images.manual_local is 'local time that a person entered; takes precedence over captured_local'`,
  `comment on column images.captured_at
    is 'manual_local, or captured_local plus the clock offset, in the time zone of the deployment; null if unknown'`,
  `comment on column images.dst_issue
    is 'the local time does not exist in the time zone (dst_gap) or exists twice (dst_overlap)'`,
  `create index images_project on images (project_id, id)`,
  `create index images_deployment on images (deployment_id, id)`,
  `create index images_deployment_captured on images (deployment_id, captured_at)`,
  `create index images_dst_issue on images (deployment_id, id) where dst_issue is not null`,
  `create index images_ingest on images (ingest_id)`,
  `create index images_captured on images (project_id, captured_at)`,

  // The outcome of each file of an ingest: shown to people, and lets an interrupted scan resume.
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
];
