-- The schema, as the migrations of libs/db create it.
-- Written by libs/db/src/migrations/schema-snapshot.int-spec.ts: run it with UPDATE_SNAPSHOTS=1 after a change.

create table api_keys (
  id bigint generated always as identity not null,
  name text not null,
  -- the visible part of the key, by which it is looked up
  prefix text not null,
  -- SHA-256 of the whole key; the key itself is not stored
  secret_hash bytea not null,
  scopes text[] not null,
  -- null: all projects
  project_ids bigint[],
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  last_used_at timestamp with time zone,
  created_by bigint,
  created_at timestamp with time zone default now() not null,
  constraint api_keys_pkey PRIMARY KEY (id),
  constraint api_keys_prefix_key UNIQUE (prefix),
  constraint api_keys_created_by_fkey FOREIGN KEY (created_by) REFERENCES api_keys(id)
);
CREATE INDEX api_keys_created_by ON api_keys USING btree (created_by);

create table audit_log (
  id bigint generated always as identity not null,
  at timestamp with time zone default now() not null,
  key_id bigint,
  operation text not null,
  path text not null,
  remote_address text,
  request_id text not null,
  -- HTTP status of the response; null: not sent yet, or the process ended before
  status integer,
  responded_at timestamp with time zone,
  constraint audit_log_pkey PRIMARY KEY (id),
  constraint audit_log_key_id_fkey FOREIGN KEY (key_id) REFERENCES api_keys(id)
);
CREATE INDEX audit_log_key ON audit_log USING btree (key_id, id);

-- corrections and deletions of more images than a request may change; their state is that of their task
create table bulk_changes (
  id bigint generated always as identity not null,
  kind text not null,
  -- null: the project was deleted
  project_id bigint,
  -- id of the deployment or taxon that was corrected or is deleted
  subject_id bigint,
  parameters jsonb default '{}'::jsonb not null,
  -- images with ids up to this one are done; written in the transaction that changes them
  position bigint default 0 not null,
  -- images to change, counted when the change was requested
  total integer not null,
  done integer default 0 not null,
  requested_by text not null,
  -- a later change of the same subject replaces this one
  superseded boolean default false not null,
  -- the last feed row of the change is still to be written
  feed_pending boolean default true not null,
  created_at timestamp with time zone default now() not null,
  constraint bulk_changes_pkey PRIMARY KEY (id),
  constraint bulk_changes_kind_check CHECK (kind = ANY (ARRAY['deployment_times'::text, 'taxon'::text, 'move_images'::text, 'delete_images'::text, 'delete_deployment'::text, 'delete_project'::text])),
  constraint bulk_changes_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE SET NULL
);
CREATE INDEX bulk_changes_feed_pending ON bulk_changes USING btree (id) WHERE feed_pending;
CREATE INDEX bulk_changes_project ON bulk_changes USING btree (project_id, id);
CREATE INDEX bulk_changes_subject ON bulk_changes USING btree (kind, subject_id);

create table classifications (
  detection_id bigint not null,
  model_id bigint not null,
  rank smallint not null,
  label text not null,
  score real not null,
  engine text not null,
  created_at timestamp with time zone default now() not null,
  constraint classifications_pkey PRIMARY KEY (detection_id, model_id, rank),
  constraint classifications_rank_check CHECK (rank >= 1 AND rank <= 5),
  constraint classifications_score_check CHECK (score >= 0::double precision AND score <= 1::double precision),
  constraint classifications_detection_id_fkey FOREIGN KEY (detection_id) REFERENCES detections(id),
  constraint classifications_model_id_fkey FOREIGN KEY (model_id) REFERENCES models(id)
);
CREATE INDEX classifications_model ON classifications USING btree (model_id);

-- contents of deleted images, of which files in the storage are still to be removed
create table deleted_contents (
  sha256 bytea not null,
  -- key in the content-addressed storage; null: it holds renditions of the image only
  location text,
  constraint deleted_contents_pkey PRIMARY KEY (sha256)
);

create table deployments (
  id bigint generated always as identity not null,
  project_id bigint not null,
  location_id bigint,
  name text not null,
  -- a name that people gave to the camera
  camera text,
  -- IANA name
  timezone text not null,
  clock_offset_seconds integer default 0 not null,
  starts_at timestamp with time zone,
  ends_at timestamp with time zone,
  created_at timestamp with time zone default now() not null,
  constraint deployments_pkey PRIMARY KEY (id),
  constraint deployments_project_id_name_key UNIQUE (project_id, name),
  constraint deployments_check CHECK (ends_at > starts_at),
  constraint deployments_location_id_fkey FOREIGN KEY (location_id) REFERENCES locations(id),
  constraint deployments_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id)
);
CREATE INDEX deployments_location ON deployments USING btree (location_id);
CREATE TRIGGER deployments_record_delete AFTER DELETE ON deployments REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION record_deleted();
CREATE TRIGGER deployments_record_insert AFTER INSERT ON deployments REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION record_inserted();
CREATE TRIGGER deployments_record_update AFTER UPDATE ON deployments REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION record_updated();

create table detections (
  id bigint generated always as identity not null,
  inference_id bigint not null,
  image_id bigint not null,
  category text not null,
  label text not null,
  confidence real not null,
  x real not null,
  y real not null,
  width real not null,
  height real not null,
  static_detection_id bigint,
  constraint detections_pkey PRIMARY KEY (id),
  constraint detections_category_check CHECK (category = ANY (ARRAY['animal'::text, 'person'::text, 'vehicle'::text])),
  constraint detections_confidence_check CHECK (confidence >= 0::double precision AND confidence <= 1::double precision),
  constraint detections_height_check CHECK (height > 0::double precision),
  constraint detections_width_check CHECK (width > 0::double precision),
  constraint detections_image_id_fkey FOREIGN KEY (image_id) REFERENCES images(id),
  constraint detections_inference_id_fkey FOREIGN KEY (inference_id) REFERENCES inferences(id),
  constraint detections_static_detection_id_fkey FOREIGN KEY (static_detection_id) REFERENCES static_detections(id)
);
CREATE INDEX detections_image ON detections USING btree (image_id, category, confidence);
CREATE INDEX detections_inference ON detections USING btree (inference_id);
CREATE INDEX detections_static_detection_image ON detections USING btree (static_detection_id, image_id) WHERE static_detection_id IS NOT NULL;

create table engine_reports (
  -- host, service and process id
  worker text not null,
  engine jsonb not null,
  reported_at timestamp with time zone default now() not null,
  constraint engine_reports_pkey PRIMARY KEY (worker)
);

-- derived from observations; an image without a known time or deployment is an event of its own
create table events (
  id bigint generated always as identity not null,
  project_id bigint not null,
  deployment_id bigint,
  category text not null,
  label text,
  first_image_id bigint not null,
  -- the image with the highest confidence
  best_image_id bigint not null,
  starts_at timestamp with time zone,
  ends_at timestamp with time zone,
  local_start timestamp without time zone,
  -- hour of the apparent solar day; null where the location has no coordinates
  solar_hour smallint,
  images integer not null,
  -- the largest number in one image
  individuals integer not null,
  confidence real not null,
  reviewed boolean not null,
  constraint events_pkey PRIMARY KEY (id),
  constraint events_category_check CHECK (category = ANY (ARRAY['animal'::text, 'person'::text, 'vehicle'::text])),
  constraint events_best_image_id_fkey FOREIGN KEY (best_image_id) REFERENCES images(id) ON DELETE CASCADE,
  constraint events_deployment_id_fkey FOREIGN KEY (deployment_id) REFERENCES deployments(id),
  constraint events_first_image_id_fkey FOREIGN KEY (first_image_id) REFERENCES images(id) ON DELETE CASCADE,
  constraint events_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id)
);
CREATE INDEX events_best_image ON events USING btree (best_image_id);
CREATE INDEX events_deployment ON events USING btree (deployment_id, starts_at);
CREATE UNIQUE INDEX events_identity ON events USING btree (first_image_id, category, COALESCE(label, ''::text), COALESCE(deployment_id, 0::bigint), (starts_at IS NULL));
CREATE INDEX events_of_category ON events USING btree (project_id, starts_at, id) WHERE label IS NULL;
CREATE INDEX events_of_hour ON events USING btree (project_id, category, date_part('hour'::text, local_start)) WHERE label IS NULL;
CREATE INDEX events_of_label ON events USING btree (project_id, label, starts_at, id) WHERE label IS NOT NULL;
CREATE INDEX events_of_labels ON events USING btree (project_id, starts_at, id) WHERE label IS NOT NULL;
CREATE INDEX events_project ON events USING btree (project_id);
CREATE INDEX events_to_review ON events USING btree (project_id, confidence, id) WHERE label IS NULL AND NOT reviewed;
CREATE STATISTICS events_local_days ON (local_start::date) FROM events;
CREATE STATISTICS events_local_hours ON date_part('hour'::text, local_start) FROM events;
CREATE STATISTICS events_local_months ON date_trunc('month'::text, local_start) FROM events;
CREATE STATISTICS events_local_weeks ON date_trunc('week'::text, local_start) FROM events;
CREATE TRIGGER events_record_delete AFTER DELETE ON events REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION record_deleted();
CREATE TRIGGER events_record_insert AFTER INSERT ON events REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION record_inserted();
CREATE TRIGGER events_record_update AFTER UPDATE ON events REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION record_updated();

create table exports (
  id bigint generated always as identity not null,
  project_id bigint not null,
  format text not null,
  content text not null,
  filter jsonb not null,
  percent smallint default 0 not null,
  row_count integer,
  bytes bigint,
  sha256 bytea,
  file_key text,
  expires_at timestamp with time zone,
  -- the last feed row of the export is still to be written
  feed_pending boolean default true not null,
  created_at timestamp with time zone default now() not null,
  constraint exports_pkey PRIMARY KEY (id),
  constraint exports_content_check CHECK (content = ANY (ARRAY['detections'::text, 'observations'::text])),
  constraint exports_format_check CHECK (format = 'csv'::text),
  constraint exports_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id)
);
CREATE INDEX exports_expires ON exports USING btree (expires_at);
CREATE INDEX exports_feed_pending ON exports USING btree (id) WHERE feed_pending;
CREATE INDEX exports_project ON exports USING btree (project_id, id);

create table feed (
  -- in order of commit: only the holder of the lock on feed_state inserts rows
  id bigint generated always as identity not null,
  at timestamp with time zone default clock_timestamp() not null,
  -- null: the subject belongs to no project
  project_id bigint,
  topic text not null,
  subject_id bigint not null,
  -- the subject as the API returns it
  data jsonb not null,
  -- no further change of the subject is expected
  ended boolean not null,
  -- the subject may change without a change of its tasks: the next scan reads it again
  recheck boolean not null,
  -- there is no later row of the subject
  latest boolean default true not null,
  constraint feed_pkey PRIMARY KEY (id),
  constraint feed_topic_check CHECK (topic = ANY (ARRAY['run'::text, 'export'::text, 'bulk_change'::text, 'incident'::text])),
  constraint feed_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id)
);
CREATE INDEX feed_at ON feed USING btree (at);
CREATE UNIQUE INDEX feed_latest ON feed USING btree (topic, subject_id) WHERE latest;
CREATE INDEX feed_not_ended ON feed USING btree (id) WHERE latest AND NOT ended;
CREATE INDEX feed_project ON feed USING btree (project_id);
CREATE INDEX feed_recheck ON feed USING btree (topic) WHERE latest AND recheck;

-- one row; the holder of its lock is the only writer of the feed
create table feed_state (
  singleton boolean default true not null,
  -- when changes were last searched for
  scanned_at timestamp with time zone default now() not null,
  next_scan_at timestamp with time zone default now() not null,
  -- the highest id of feed that was deleted
  deleted_up_to bigint default 0 not null,
  constraint feed_state_pkey PRIMARY KEY (singleton),
  constraint feed_state_singleton_check CHECK (singleton)
);

create table idempotency_keys (
  key text not null,
  request_hash bytea not null,
  -- the resource that the request created; null only within the transaction that creates it
  resource_id bigint,
  created_at timestamp with time zone default now() not null,
  constraint idempotency_keys_pkey PRIMARY KEY (key)
);
CREATE INDEX idempotency_keys_created ON idempotency_keys USING btree (created_at);

-- numbers of images; rows are summed. Triggers on image_summaries add the differences of each statement
create table image_counts_by_day (
  id bigint generated always as identity not null,
  project_id bigint not null,
  deployment_id bigint,
  -- day of captured_at in UTC; null: the time is not known
  day date,
  processed boolean not null,
  reviewed boolean not null,
  has_animal boolean not null,
  has_person boolean not null,
  has_vehicle boolean not null,
  blank boolean not null,
  -- replaces all rows of its deployment and day that existed when it was written
  compacted boolean default false not null,
  count integer not null,
  detections integer not null,
  constraint image_counts_by_day_pkey PRIMARY KEY (id),
  constraint image_counts_by_day_deployment_id_fkey FOREIGN KEY (deployment_id) REFERENCES deployments(id),
  constraint image_counts_by_day_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id)
);
CREATE INDEX image_counts_by_day_deployment ON image_counts_by_day USING btree (deployment_id);
CREATE INDEX image_counts_by_day_key ON image_counts_by_day USING btree (project_id, COALESCE(deployment_id, 0::bigint), COALESCE(day, '-infinity'::date));
CREATE INDEX image_counts_by_day_uncompacted ON image_counts_by_day USING btree (id) WHERE NOT compacted;

-- numbers of images; rows are summed. Triggers on image_summaries add the differences of each statement
create table image_counts_by_hour (
  id bigint generated always as identity not null,
  project_id bigint not null,
  deployment_id bigint,
  local_hour smallint,
  has_time boolean not null,
  processed boolean not null,
  reviewed boolean not null,
  has_animal boolean not null,
  has_person boolean not null,
  has_vehicle boolean not null,
  blank boolean not null,
  count integer not null,
  detections integer default 0 not null,
  constraint image_counts_by_hour_pkey PRIMARY KEY (id),
  constraint image_counts_by_hour_deployment_id_fkey FOREIGN KEY (deployment_id) REFERENCES deployments(id),
  constraint image_counts_by_hour_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id)
);
CREATE INDEX image_counts_by_hour_deployment ON image_counts_by_hour USING btree (deployment_id);
CREATE INDEX image_counts_by_hour_project ON image_counts_by_hour USING btree (project_id);

-- derived: what images are listed, filtered and counted by
create table image_summaries (
  image_id bigint not null,
  project_id bigint not null,
  deployment_id bigint,
  ingest_id bigint not null,
  captured_at timestamp with time zone,
  local_hour smallint,
  -- captured before the start or after the end of the deployment
  outside_deployment boolean not null,
  dst_issue text,
  -- a model has processed the image
  processed boolean not null,
  -- the latest inference
  inference_id bigint,
  -- the effective review
  review_id bigint,
  has_animal boolean not null,
  has_person boolean not null,
  has_vehicle boolean not null,
  blank boolean not null,
  -- highest confidence of an animal, also below the threshold; 1 if annotated; likewise person and vehicle
  animal real,
  person real,
  vehicle real,
  -- the highest of animal, person and vehicle
  max_confidence real generated always as (GREATEST(animal, person, vehicle)) stored,
  -- the highest confidence of an effective observation
  confidence real,
  -- effective detections of the latest inference: above the threshold, not static
  detections integer default 0 not null,
  constraint image_summaries_pkey PRIMARY KEY (image_id),
  constraint image_summaries_deployment_id_fkey FOREIGN KEY (deployment_id) REFERENCES deployments(id),
  constraint image_summaries_image_id_fkey FOREIGN KEY (image_id) REFERENCES images(id) ON DELETE CASCADE,
  constraint image_summaries_inference_id_fkey FOREIGN KEY (inference_id) REFERENCES inferences(id),
  constraint image_summaries_ingest_id_fkey FOREIGN KEY (ingest_id) REFERENCES ingests(id),
  constraint image_summaries_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id),
  constraint image_summaries_review_id_fkey FOREIGN KEY (review_id) REFERENCES reviews(id)
);
CREATE INDEX image_summaries_animal ON image_summaries USING btree (project_id, animal) WHERE animal IS NOT NULL;
CREATE INDEX image_summaries_animal_confidence ON image_summaries USING btree (project_id, confidence, image_id) WHERE has_animal;
CREATE INDEX image_summaries_blank ON image_summaries USING btree (project_id, image_id) WHERE blank;
CREATE INDEX image_summaries_blank_captured ON image_summaries USING btree (project_id, captured_at, image_id) WHERE blank;
CREATE INDEX image_summaries_captured ON image_summaries USING btree (project_id, captured_at, image_id);
CREATE INDEX image_summaries_confidence ON image_summaries USING btree (project_id, confidence, image_id);
CREATE INDEX image_summaries_deployment ON image_summaries USING btree (deployment_id, image_id);
CREATE INDEX image_summaries_deployment_captured ON image_summaries USING btree (deployment_id, captured_at, image_id);
CREATE INDEX image_summaries_deployment_confidence ON image_summaries USING btree (deployment_id, confidence, image_id) WHERE confidence IS NOT NULL;
CREATE INDEX image_summaries_has_animal ON image_summaries USING btree (project_id, image_id) WHERE has_animal;
CREATE INDEX image_summaries_has_animal_captured ON image_summaries USING btree (project_id, captured_at, image_id) WHERE has_animal;
CREATE INDEX image_summaries_has_person ON image_summaries USING btree (project_id, image_id) WHERE has_person;
CREATE INDEX image_summaries_has_person_captured ON image_summaries USING btree (project_id, captured_at, image_id) WHERE has_person;
CREATE INDEX image_summaries_has_vehicle ON image_summaries USING btree (project_id, image_id) WHERE has_vehicle;
CREATE INDEX image_summaries_has_vehicle_captured ON image_summaries USING btree (project_id, captured_at, image_id) WHERE has_vehicle;
CREATE INDEX image_summaries_inference ON image_summaries USING btree (inference_id);
CREATE INDEX image_summaries_ingest ON image_summaries USING btree (ingest_id, image_id);
CREATE INDEX image_summaries_max_confidence ON image_summaries USING btree (project_id, max_confidence) WHERE max_confidence IS NOT NULL;
CREATE INDEX image_summaries_missed ON image_summaries USING btree (project_id, max_confidence DESC, image_id) WHERE blank AND review_id IS NULL AND max_confidence IS NOT NULL;
CREATE INDEX image_summaries_person ON image_summaries USING btree (project_id, person) WHERE person IS NOT NULL;
CREATE INDEX image_summaries_person_confidence ON image_summaries USING btree (project_id, confidence, image_id) WHERE has_person;
CREATE INDEX image_summaries_project ON image_summaries USING btree (project_id, image_id);
CREATE INDEX image_summaries_review ON image_summaries USING btree (review_id);
CREATE INDEX image_summaries_reviewed ON image_summaries USING btree (project_id, image_id) WHERE review_id IS NOT NULL;
CREATE INDEX image_summaries_time_issue ON image_summaries USING btree (project_id, image_id) WHERE captured_at IS NULL OR outside_deployment OR dst_issue IS NOT NULL;
CREATE INDEX image_summaries_unprocessed ON image_summaries USING btree (project_id, image_id) WHERE NOT processed;
CREATE INDEX image_summaries_unprocessed_captured ON image_summaries USING btree (project_id, captured_at, image_id) WHERE NOT processed;
CREATE INDEX image_summaries_vehicle ON image_summaries USING btree (project_id, vehicle) WHERE vehicle IS NOT NULL;
CREATE INDEX image_summaries_vehicle_confidence ON image_summaries USING btree (project_id, confidence, image_id) WHERE has_vehicle;
CREATE TRIGGER image_summaries_deleted AFTER DELETE ON image_summaries REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_deleted_images();
CREATE TRIGGER image_summaries_inserted AFTER INSERT ON image_summaries REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_inserted_images();
CREATE TRIGGER image_summaries_record_delete AFTER DELETE ON image_summaries REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION record_deleted();
CREATE TRIGGER image_summaries_record_insert AFTER INSERT ON image_summaries REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION record_inserted();
CREATE TRIGGER image_summaries_record_update AFTER UPDATE ON image_summaries REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION record_updated();
CREATE TRIGGER image_summaries_truncated AFTER TRUNCATE ON image_summaries FOR EACH STATEMENT EXECUTE FUNCTION clear_image_counts();
CREATE TRIGGER image_summaries_updated AFTER UPDATE ON image_summaries REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_updated_images();

create table images (
  id bigint generated always as identity not null,
  project_id bigint not null,
  deployment_id bigint,
  ingest_id bigint not null,
  sha256 bytea not null,
  mode text not null,
  -- mode reference: absolute path; mode copy: key in the content-addressed storage
  location text not null,
  -- path below the ingested folder, shown to people
  file_path text not null,
  format text not null,
  bytes bigint not null,
  width integer not null,
  height integer not null,
  -- reading of the camera's clock; null when the file has none, never guessed
  captured_local timestamp without time zone,
  -- local time that a person entered; takes precedence over captured_local
  manual_local timestamp without time zone,
  -- manual_local, or captured_local plus the clock offset, in the time zone of the deployment; null if unknown
  captured_at timestamp with time zone,
  -- the local time does not exist in the time zone (dst_gap) or exists twice (dst_overlap)
  dst_issue text,
  camera_make text,
  camera_model text,
  camera_serial text,
  latitude double precision,
  longitude double precision,
  created_at timestamp with time zone default now() not null,
  constraint images_pkey PRIMARY KEY (id),
  constraint images_project_id_sha256_key UNIQUE (project_id, sha256),
  constraint images_dst_issue_check CHECK (dst_issue = ANY (ARRAY['dst_gap'::text, 'dst_overlap'::text])),
  constraint images_format_check CHECK (format = ANY (ARRAY['jpeg'::text, 'png'::text, 'webp'::text, 'tiff'::text])),
  constraint images_mode_check CHECK (mode = ANY (ARRAY['reference'::text, 'copy'::text])),
  constraint images_deployment_id_fkey FOREIGN KEY (deployment_id) REFERENCES deployments(id),
  constraint images_ingest_id_fkey FOREIGN KEY (ingest_id) REFERENCES ingests(id),
  constraint images_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id)
);
CREATE INDEX images_captured ON images USING btree (project_id, captured_at);
CREATE INDEX images_deployment ON images USING btree (deployment_id, id);
CREATE INDEX images_deployment_captured ON images USING btree (deployment_id, captured_at);
CREATE INDEX images_dst_issue ON images USING btree (deployment_id, id) WHERE dst_issue IS NOT NULL;
CREATE INDEX images_ingest ON images USING btree (ingest_id);
CREATE INDEX images_project ON images USING btree (project_id, id);
CREATE INDEX images_sha256 ON images USING btree (sha256);

-- problems that the watchdog found: at most one open incident for each check and subject
create table incidents (
  id bigint generated always as identity not null,
  check_name text not null,
  -- what the check found the problem in
  subject text not null,
  severity text not null,
  message text not null,
  opened_at timestamp with time zone default now() not null,
  last_seen_at timestamp with time zone default now() not null,
  resolved_at timestamp with time zone,
  -- the last feed row of the incident is still to be written
  feed_pending boolean default true not null,
  constraint incidents_pkey PRIMARY KEY (id),
  constraint incidents_severity_check CHECK (severity = ANY (ARRAY['warning'::text, 'critical'::text]))
);
CREATE INDEX incidents_feed_pending ON incidents USING btree (id) WHERE feed_pending;
CREATE UNIQUE INDEX incidents_open ON incidents USING btree (check_name, subject) WHERE resolved_at IS NULL;

create table inferences (
  id bigint generated always as identity not null,
  image_id bigint not null,
  model_id bigint not null,
  stage text not null,
  engine text not null,
  -- truncated: the file ends early, and the missing part of the image is grey
  warning text,
  decode_ms real not null,
  infer_ms real not null,
  -- highest confidence of an animal, also below the threshold; likewise person and vehicle
  animal real,
  person real,
  vehicle real,
  created_at timestamp with time zone default now() not null,
  constraint inferences_pkey PRIMARY KEY (id),
  constraint inferences_image_id_model_id_stage_key UNIQUE (image_id, model_id, stage),
  constraint inferences_stage_check CHECK (stage = 'detect'::text),
  constraint inferences_warning_check CHECK (warning = 'truncated'::text),
  constraint inferences_image_id_fkey FOREIGN KEY (image_id) REFERENCES images(id),
  constraint inferences_model_id_fkey FOREIGN KEY (model_id) REFERENCES models(id)
);
CREATE INDEX inferences_animal ON inferences USING btree (model_id, image_id) WHERE animal IS NOT NULL;
CREATE INDEX inferences_model ON inferences USING btree (model_id);
CREATE INDEX inferences_person ON inferences USING btree (model_id, image_id) WHERE person IS NOT NULL;
CREATE INDEX inferences_vehicle ON inferences USING btree (model_id, image_id) WHERE vehicle IS NOT NULL;

create table ingest_files (
  ingest_id bigint not null,
  path text not null,
  outcome text not null,
  reason_code text,
  reason text,
  image_id bigint,
  constraint ingest_files_pkey PRIMARY KEY (ingest_id, path),
  constraint ingest_files_outcome_check CHECK (outcome = ANY (ARRAY['added'::text, 'duplicate'::text, 'skipped'::text])),
  constraint ingest_files_image_id_fkey FOREIGN KEY (image_id) REFERENCES images(id),
  constraint ingest_files_ingest_id_fkey FOREIGN KEY (ingest_id) REFERENCES ingests(id)
);
CREATE INDEX ingest_files_image ON ingest_files USING btree (image_id);
CREATE INDEX ingest_files_outcome ON ingest_files USING btree (ingest_id, outcome, path);

create table ingests (
  id bigint generated always as identity not null,
  project_id bigint not null,
  deployment_id bigint,
  run_id bigint,
  source text not null,
  -- reference: images stay where they are; copy: they are copied to the content-addressed storage
  mode text not null,
  folder text not null,
  files_seen integer default 0 not null,
  images_added integer default 0 not null,
  duplicates integer default 0 not null,
  skipped integer default 0 not null,
  bytes_added bigint default 0 not null,
  created_at timestamp with time zone default now() not null,
  constraint ingests_pkey PRIMARY KEY (id),
  constraint ingests_mode_check CHECK (mode = ANY (ARRAY['reference'::text, 'copy'::text])),
  constraint ingests_source_check CHECK (source = ANY (ARRAY['folder'::text, 'upload'::text])),
  constraint ingests_deployment_id_fkey FOREIGN KEY (deployment_id) REFERENCES deployments(id),
  constraint ingests_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id),
  constraint ingests_run_id_fkey FOREIGN KEY (run_id) REFERENCES runs(id)
);
CREATE INDEX ingests_deployment ON ingests USING btree (deployment_id);
CREATE INDEX ingests_project ON ingests USING btree (project_id, id);
CREATE INDEX ingests_run ON ingests USING btree (run_id);

create table locations (
  id bigint generated always as identity not null,
  project_id bigint not null,
  name text not null,
  latitude double precision,
  longitude double precision,
  created_at timestamp with time zone default now() not null,
  constraint locations_pkey PRIMARY KEY (id),
  constraint locations_project_id_name_key UNIQUE (project_id, name),
  constraint locations_latitude_check CHECK (latitude >= '-90'::integer::double precision AND latitude <= 90::double precision),
  constraint locations_longitude_check CHECK (longitude >= '-180'::integer::double precision AND longitude <= 180::double precision),
  constraint locations_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id)
);

create table models (
  id bigint generated always as identity not null,
  name text not null,
  version text not null,
  stage text default 'detect'::text not null,
  licence text not null,
  -- detections below this confidence are not effective
  threshold real not null,
  -- the detector of runs whose project names none; at most one model
  is_default boolean default false not null,
  manifest jsonb not null,
  created_at timestamp with time zone default now() not null,
  constraint models_pkey PRIMARY KEY (id),
  constraint models_name_version_key UNIQUE (name, version),
  constraint models_stage_check CHECK (stage = ANY (ARRAY['detect'::text, 'classify'::text]))
);
CREATE UNIQUE INDEX models_default ON models USING btree ((true)) WHERE is_default;

-- derived: effective observations
create table observations (
  image_id bigint not null,
  project_id bigint not null,
  category text not null,
  label text not null,
  individuals integer not null,
  -- highest confidence of its detections; 1 for an annotation
  confidence real not null,
  captured_at timestamp with time zone,
  constraint observations_pkey PRIMARY KEY (image_id, category, label),
  constraint observations_category_check CHECK (category = ANY (ARRAY['animal'::text, 'person'::text, 'vehicle'::text])),
  constraint observations_individuals_check CHECK (individuals > 0),
  constraint observations_image_id_fkey FOREIGN KEY (image_id) REFERENCES images(id) ON DELETE CASCADE,
  constraint observations_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id)
);
CREATE INDEX observations_label ON observations USING btree (project_id, label, image_id);
CREATE INDEX observations_label_captured ON observations USING btree (project_id, label, captured_at, image_id);
CREATE INDEX observations_label_confidence ON observations USING btree (project_id, label, confidence, image_id);

-- the sum of a project's rows grows with each commit that changes its statistics
create table project_changes (
  id bigint generated always as identity not null,
  project_id bigint not null,
  count bigint not null,
  constraint project_changes_pkey PRIMARY KEY (id),
  constraint project_changes_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id)
);
CREATE INDEX project_changes_project ON project_changes USING btree (project_id);

create table projects (
  id bigint generated always as identity not null,
  name text not null,
  -- the detector of new runs; null: the default model
  model_id bigint,
  sequence_gap_seconds integer default 60 not null,
  -- an image taken longer than this after the last one of its kind at the deployment starts a new event
  event_gap_seconds integer default 1800 not null,
  created_at timestamp with time zone default now() not null,
  classifier_id bigint,
  classify_category text,
  classify_threshold real,
  constraint projects_pkey PRIMARY KEY (id),
  constraint projects_name_key UNIQUE (name),
  constraint projects_check CHECK ((classifier_id IS NULL) = (classify_category IS NULL) AND (classifier_id IS NULL) = (classify_threshold IS NULL)),
  constraint projects_classify_category_check CHECK (classify_category = ANY (ARRAY['animal'::text, 'person'::text, 'vehicle'::text])),
  constraint projects_classify_threshold_check CHECK (classify_threshold >= 0::double precision AND classify_threshold <= 1::double precision),
  constraint projects_event_gap_seconds_check CHECK (event_gap_seconds >= 0 AND event_gap_seconds <= 604800),
  constraint projects_sequence_gap_seconds_check CHECK (sequence_gap_seconds >= 0 AND sequence_gap_seconds <= 86400),
  constraint projects_classifier_id_fkey FOREIGN KEY (classifier_id) REFERENCES models(id),
  constraint projects_model_id_fkey FOREIGN KEY (model_id) REFERENCES models(id)
);
CREATE INDEX projects_classifier ON projects USING btree (classifier_id);
CREATE INDEX projects_model ON projects USING btree (model_id);

create table review_batches (
  id bigint generated always as identity not null,
  project_id bigint not null,
  batch_id uuid not null,
  -- images that had the same annotation already
  unchanged bigint[] not null,
  -- image ids by the reason of the refusal
  refused jsonb not null,
  created_at timestamp with time zone default now() not null,
  constraint review_batches_pkey PRIMARY KEY (id),
  constraint review_batches_batch_id_key UNIQUE (batch_id),
  constraint review_batches_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id)
);
CREATE INDEX review_batches_project ON review_batches USING btree (project_id);

create table reviews (
  id bigint generated always as identity not null,
  project_id bigint not null,
  image_id bigint not null,
  action text not null,
  -- everything the image shows from then on; []: blank; null: the model's result is effective again
  observations jsonb,
  batch_id uuid,
  key_id bigint,
  reviewer text not null,
  note text,
  undone_at timestamp with time zone,
  undone_by text,
  -- the undone review that this one repeats
  redo_of bigint,
  created_at timestamp with time zone default now() not null,
  constraint reviews_pkey PRIMARY KEY (id),
  constraint reviews_image_id_fkey FOREIGN KEY (image_id) REFERENCES images(id),
  constraint reviews_key_id_fkey FOREIGN KEY (key_id) REFERENCES api_keys(id),
  constraint reviews_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id),
  constraint reviews_redo_of_fkey FOREIGN KEY (redo_of) REFERENCES reviews(id)
);
CREATE INDEX reviews_batch ON reviews USING btree (batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX reviews_image ON reviews USING btree (image_id, id);
CREATE INDEX reviews_key ON reviews USING btree (key_id);
CREATE INDEX reviews_project ON reviews USING btree (project_id, id);
CREATE INDEX reviews_redo ON reviews USING btree (redo_of);

-- numbers of images by what the run found in them; the rows of a run and engine are summed
create table run_counts (
  id bigint generated always as identity not null,
  run_id bigint not null,
  engine text not null,
  images integer not null,
  blanks integer not null,
  animals integer not null,
  people integer not null,
  vehicles integer not null,
  truncated integer not null,
  constraint run_counts_pkey PRIMARY KEY (id),
  constraint run_counts_run_id_fkey FOREIGN KEY (run_id) REFERENCES runs(id)
);
CREATE INDEX run_counts_run ON run_counts USING btree (run_id);

create table runs (
  id bigint generated always as identity not null,
  project_id bigint not null,
  model_id bigint not null,
  priority smallint default 0 not null,
  cancelled_at timestamp with time zone,
  -- when the last task of the cancelled run had ended; null before
  cancel_completed_at timestamp with time zone,
  -- since when none of its tasks is published or claimed; null: the run is not paused
  paused_at timestamp with time zone,
  -- tasks that failed before this instant are to be retried; null: none are left
  retry_requested_at timestamp with time zone,
  -- tasks may still have the previous priority; null: all have the one of the run
  priority_changed_at timestamp with time zone,
  -- when tasks were last brought in line with the columns above
  reconciled_at timestamp with time zone,
  -- the last feed row of the run is still to be written
  feed_pending boolean default true not null,
  created_at timestamp with time zone default now() not null,
  classifier_id bigint,
  classify_category text,
  classify_threshold real,
  constraint runs_pkey PRIMARY KEY (id),
  constraint runs_check CHECK ((classifier_id IS NULL) = (classify_category IS NULL) AND (classifier_id IS NULL) = (classify_threshold IS NULL)),
  constraint runs_classify_category_check CHECK (classify_category = ANY (ARRAY['animal'::text, 'person'::text, 'vehicle'::text])),
  constraint runs_classify_threshold_check CHECK (classify_threshold >= 0::double precision AND classify_threshold <= 1::double precision),
  constraint runs_classifier_id_fkey FOREIGN KEY (classifier_id) REFERENCES models(id),
  constraint runs_model_id_fkey FOREIGN KEY (model_id) REFERENCES models(id),
  constraint runs_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id)
);
CREATE INDEX runs_cancelling ON runs USING btree (id) WHERE cancelled_at IS NOT NULL AND cancel_completed_at IS NULL;
CREATE INDEX runs_classifier ON runs USING btree (classifier_id);
CREATE INDEX runs_feed_pending ON runs USING btree (id) WHERE feed_pending;
CREATE INDEX runs_model ON runs USING btree (model_id);
CREATE INDEX runs_paused ON runs USING btree (id) WHERE paused_at IS NOT NULL;
CREATE INDEX runs_priority_changed ON runs USING btree (id) WHERE priority_changed_at IS NOT NULL;
CREATE INDEX runs_project ON runs USING btree (project_id, id);
CREATE INDEX runs_retry_requested ON runs USING btree (id) WHERE retry_requested_at IS NOT NULL;

create table sessions (
  id bigint generated always as identity not null,
  token_hash bytea not null,
  key_id bigint not null,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone default now() not null,
  constraint sessions_pkey PRIMARY KEY (id),
  constraint sessions_token_hash_key UNIQUE (token_hash),
  constraint sessions_key_id_fkey FOREIGN KEY (key_id) REFERENCES api_keys(id)
);
CREATE INDEX sessions_expires ON sessions USING btree (expires_at);
CREATE INDEX sessions_key ON sessions USING btree (key_id);

create table stale_events (
  id bigint generated always as identity not null,
  project_id bigint not null,
  deployment_id bigint not null,
  from_at timestamp with time zone not null,
  to_at timestamp with time zone not null,
  constraint stale_events_pkey PRIMARY KEY (id),
  constraint stale_events_deployment_id_fkey FOREIGN KEY (deployment_id) REFERENCES deployments(id),
  constraint stale_events_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id)
);
CREATE INDEX stale_events_deployment ON stale_events USING btree (deployment_id);
CREATE INDEX stale_events_project ON stale_events USING btree (project_id);

-- deployments in which static detections have to be searched for
create table stale_static_detections (
  id bigint generated always as identity not null,
  deployment_id bigint not null,
  marked_at timestamp with time zone default now() not null,
  constraint stale_static_detections_pkey PRIMARY KEY (id),
  constraint stale_static_detections_deployment_id_fkey FOREIGN KEY (deployment_id) REFERENCES deployments(id)
);
CREATE INDEX stale_static_detections_deployment ON stale_static_detections USING btree (deployment_id, marked_at);

create table static_detections (
  id bigint generated always as identity not null,
  project_id bigint not null,
  deployment_id bigint not null,
  category text not null,
  x real not null,
  y real not null,
  width real not null,
  height real not null,
  -- images with a detection that belongs to it; 0: fewer than 20 by now, and no detection is hidden
  images integer not null,
  -- a person stated that it shows real animals: its detections are effective
  dismissed_at timestamp with time zone,
  dismissed_by text,
  created_at timestamp with time zone default now() not null,
  constraint static_detections_pkey PRIMARY KEY (id),
  constraint static_detections_category_check CHECK (category = ANY (ARRAY['animal'::text, 'person'::text, 'vehicle'::text])),
  constraint static_detections_deployment_id_fkey FOREIGN KEY (deployment_id) REFERENCES deployments(id),
  constraint static_detections_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id)
);
CREATE INDEX static_detections_deployment ON static_detections USING btree (deployment_id, id);
CREATE INDEX static_detections_project ON static_detections USING btree (project_id);

-- numbers of tasks; the rows of a kind, run and state are summed. Written by triggers on tasks
create table task_counts (
  id bigint generated always as identity not null,
  kind text not null,
  run_id bigint,
  state text not null,
  count integer not null,
  constraint task_counts_pkey PRIMARY KEY (id),
  constraint task_counts_run_id_fkey FOREIGN KEY (run_id) REFERENCES runs(id)
);
CREATE INDEX task_counts_kind ON task_counts USING btree (kind, state);
CREATE INDEX task_counts_run ON task_counts USING btree (run_id, state);

-- when a worker last recorded that the work of a kind moved, and how long it may stand still
create table task_progress (
  kind text not null,
  progressed_at timestamp with time zone not null,
  limit_seconds integer not null,
  constraint task_progress_pkey PRIMARY KEY (kind),
  constraint task_progress_limit_seconds_check CHECK (limit_seconds > 0)
);

create table tasks (
  id bigint generated always as identity not null,
  kind text not null,
  -- id of the ingest (scan), image (detect, classify), export (export) or bulk change (derive)
  subject_id bigint not null,
  run_id bigint,
  state text default 'waiting'::text not null,
  priority smallint default 0 not null,
  -- waits until its run is resumed; not in the index of tasks to publish
  paused boolean default false not null,
  -- attempts started; the number of the running attempt is its fencing token, so it never decreases
  attempt smallint default 0 not null,
  run_at timestamp with time zone default now() not null,
  queued_at timestamp with time zone,
  started_at timestamp with time zone,
  lease_until timestamp with time zone,
  finished_at timestamp with time zone,
  owner text,
  error_code text,
  error_message text,
  traceparent text,
  created_at timestamp with time zone default now() not null,
  -- failed attempts since the task was created or last retried by a person
  failures smallint default 0 not null,
  -- attempts that ended by a stop, an outage or a lost worker, counted like failures
  interruptions smallint default 0 not null,
  constraint tasks_pkey PRIMARY KEY (id),
  constraint tasks_check CHECK (state <> 'running'::text OR lease_until IS NOT NULL AND owner IS NOT NULL),
  constraint tasks_check1 CHECK (state <> 'queued'::text OR queued_at IS NOT NULL),
  constraint tasks_check2 CHECK ((state <> ALL (ARRAY['done'::text, 'failed'::text, 'cancelled'::text])) OR finished_at IS NOT NULL),
  constraint tasks_check3 CHECK (state <> 'failed'::text OR error_code IS NOT NULL AND error_message IS NOT NULL),
  constraint tasks_kind_check CHECK (kind = ANY (ARRAY['scan'::text, 'detect'::text, 'classify'::text, 'export'::text, 'derive'::text])),
  constraint tasks_paused_check CHECK (NOT paused OR state = 'waiting'::text AND run_id IS NOT NULL),
  constraint tasks_state_check CHECK (state = ANY (ARRAY['waiting'::text, 'queued'::text, 'running'::text, 'done'::text, 'failed'::text, 'cancelled'::text])),
  constraint tasks_run_id_fkey FOREIGN KEY (run_id) REFERENCES runs(id)
);
CREATE INDEX tasks_failed_detect ON tasks USING btree (subject_id, error_code) WHERE kind = 'detect'::text AND state = 'failed'::text;
CREATE INDEX tasks_failed_reason ON tasks USING btree (error_code, subject_id) WHERE kind = 'detect'::text AND state = 'failed'::text;
CREATE INDEX tasks_finished ON tasks USING btree (kind, finished_at) WHERE state = ANY (ARRAY['done'::text, 'failed'::text]);
CREATE INDEX tasks_no_progress ON tasks USING btree (kind) WHERE error_code = 'no_progress'::text AND (state = ANY (ARRAY['waiting'::text, 'queued'::text, 'running'::text]));
CREATE INDEX tasks_paused ON tasks USING btree (run_id) WHERE paused;
CREATE INDEX tasks_queued ON tasks USING btree (kind, queued_at) WHERE state = 'queued'::text;
CREATE INDEX tasks_run ON tasks USING btree (run_id, state, paused, priority);
CREATE INDEX tasks_run_detect ON tasks USING btree (run_id, subject_id) WHERE kind = 'detect'::text;
CREATE INDEX tasks_running ON tasks USING btree (kind, lease_until) WHERE state = 'running'::text;
CREATE UNIQUE INDEX tasks_subject ON tasks USING btree (kind, subject_id, COALESCE(run_id, 0::bigint));
CREATE INDEX tasks_waiting ON tasks USING btree (kind, priority DESC, run_at, id) WHERE state = 'waiting'::text AND NOT paused;
CREATE STATISTICS tasks_failures (dependencies, mcv) ON kind, state, error_code FROM tasks;
CREATE TRIGGER tasks_deleted AFTER DELETE ON tasks REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_deleted_tasks();
CREATE TRIGGER tasks_inserted AFTER INSERT ON tasks REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_inserted_tasks();
CREATE TRIGGER tasks_record_update AFTER UPDATE ON tasks REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION record_failed_tasks();
CREATE TRIGGER tasks_truncated AFTER TRUNCATE ON tasks FOR EACH STATEMENT EXECUTE FUNCTION clear_task_counts();
CREATE TRIGGER tasks_updated AFTER UPDATE ON tasks REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_updated_tasks();

create table taxa (
  id bigint generated always as identity not null,
  project_id bigint not null,
  scientific_name text not null,
  common_name text,
  category text default 'animal'::text not null,
  rank text,
  -- the words of both names in lower case; computed by TaxonRepository, as lower() depends on the locale
  search_terms tsvector not null,
  -- reviewers can no longer choose the taxon; existing observations keep it
  archived_at timestamp with time zone,
  created_at timestamp with time zone default now() not null,
  constraint taxa_pkey PRIMARY KEY (id),
  constraint taxa_category_check CHECK (category = ANY (ARRAY['animal'::text, 'person'::text, 'vehicle'::text])),
  constraint taxa_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id)
);
CREATE UNIQUE INDEX taxa_name ON taxa USING btree (project_id, lower(scientific_name));
CREATE INDEX taxa_search_terms ON taxa USING gin (search_terms);

create function clear_image_counts() returns trigger language plpgsql as $$
  begin
    delete from image_counts_by_hour;
    delete from image_counts_by_day;
    return null;
  end $$;

create function clear_task_counts() returns trigger language plpgsql as $$
  begin
    delete from task_counts;
    return null;
  end $$;

create function count_deleted_images() returns trigger language plpgsql as $$
  begin
    insert into image_counts_by_hour (project_id, deployment_id, local_hour, has_time, processed, reviewed, has_animal, has_person, has_vehicle, blank, count, detections)
      select project_id, deployment_id, local_hour, captured_at is not null, processed, review_id is not null, has_animal, has_person, has_vehicle, blank,
        sum(sign), sum(sign * detections)
      from (
        select -1 as sign, project_id, deployment_id, local_hour, captured_at, processed, review_id,
        has_animal, has_person, has_vehicle, blank, detections from old_rows) changes
      group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 having sum(sign) <> 0 or sum(sign * detections) <> 0;
    insert into image_counts_by_day (project_id, deployment_id, day, processed, reviewed, has_animal, has_person, has_vehicle, blank, count, detections)
      select project_id, deployment_id, (captured_at at time zone 'UTC')::date, processed, review_id is not null, has_animal, has_person, has_vehicle, blank,
        sum(sign), sum(sign * detections)
      from (
        select -1 as sign, project_id, deployment_id, local_hour, captured_at, processed, review_id,
        has_animal, has_person, has_vehicle, blank, detections from old_rows) changes
      group by 1, 2, 3, 4, 5, 6, 7, 8, 9 having sum(sign) <> 0 or sum(sign * detections) <> 0;
    return null;
  end $$;

create function count_deleted_tasks() returns trigger language plpgsql as $$
  begin
    insert into task_counts (kind, run_id, state, count)
      select kind, run_id, state, -count(*) from old_rows group by kind, run_id, state;
    return null;
  end $$;

create function count_inserted_images() returns trigger language plpgsql as $$
  begin
    insert into image_counts_by_hour (project_id, deployment_id, local_hour, has_time, processed, reviewed, has_animal, has_person, has_vehicle, blank, count, detections)
      select project_id, deployment_id, local_hour, captured_at is not null, processed, review_id is not null, has_animal, has_person, has_vehicle, blank,
        sum(sign), sum(sign * detections)
      from (
        select 1 as sign, project_id, deployment_id, local_hour, captured_at, processed, review_id,
        has_animal, has_person, has_vehicle, blank, detections from new_rows) changes
      group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 having sum(sign) <> 0 or sum(sign * detections) <> 0;
    insert into image_counts_by_day (project_id, deployment_id, day, processed, reviewed, has_animal, has_person, has_vehicle, blank, count, detections)
      select project_id, deployment_id, (captured_at at time zone 'UTC')::date, processed, review_id is not null, has_animal, has_person, has_vehicle, blank,
        sum(sign), sum(sign * detections)
      from (
        select 1 as sign, project_id, deployment_id, local_hour, captured_at, processed, review_id,
        has_animal, has_person, has_vehicle, blank, detections from new_rows) changes
      group by 1, 2, 3, 4, 5, 6, 7, 8, 9 having sum(sign) <> 0 or sum(sign * detections) <> 0;
    return null;
  end $$;

create function count_inserted_tasks() returns trigger language plpgsql as $$
  begin
    insert into task_counts (kind, run_id, state, count)
      select kind, run_id, state, count(*) from new_rows group by kind, run_id, state;
    return null;
  end $$;

create function count_updated_images() returns trigger language plpgsql as $$
  begin
    insert into image_counts_by_hour (project_id, deployment_id, local_hour, has_time, processed, reviewed, has_animal, has_person, has_vehicle, blank, count, detections)
      select project_id, deployment_id, local_hour, captured_at is not null, processed, review_id is not null, has_animal, has_person, has_vehicle, blank,
        sum(sign), sum(sign * detections)
      from (
        select 1 as sign, project_id, deployment_id, local_hour, captured_at, processed, review_id,
        has_animal, has_person, has_vehicle, blank, detections from new_rows union all
        select -1 as sign, project_id, deployment_id, local_hour, captured_at, processed, review_id,
        has_animal, has_person, has_vehicle, blank, detections from old_rows) changes
      group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 having sum(sign) <> 0 or sum(sign * detections) <> 0;
    insert into image_counts_by_day (project_id, deployment_id, day, processed, reviewed, has_animal, has_person, has_vehicle, blank, count, detections)
      select project_id, deployment_id, (captured_at at time zone 'UTC')::date, processed, review_id is not null, has_animal, has_person, has_vehicle, blank,
        sum(sign), sum(sign * detections)
      from (
        select 1 as sign, project_id, deployment_id, local_hour, captured_at, processed, review_id,
        has_animal, has_person, has_vehicle, blank, detections from new_rows union all
        select -1 as sign, project_id, deployment_id, local_hour, captured_at, processed, review_id,
        has_animal, has_person, has_vehicle, blank, detections from old_rows) changes
      group by 1, 2, 3, 4, 5, 6, 7, 8, 9 having sum(sign) <> 0 or sum(sign * detections) <> 0;
    return null;
  end $$;

create function count_updated_tasks() returns trigger language plpgsql as $$
  begin
    insert into task_counts (kind, run_id, state, count)
      select kind, run_id, state, sum(n) from (
        select kind, run_id, state, count(*) as n from new_rows group by kind, run_id, state
        union all select kind, run_id, state, -count(*) from old_rows group by kind, run_id, state
      ) differences group by kind, run_id, state having sum(n) <> 0;
    return null;
  end $$;

create function record_deleted() returns trigger language plpgsql as $$
  begin
    insert into project_changes (project_id, count)
      select project_id, 1 from (select project_id from old_rows) changes group by project_id;
    return null;
  end $$;

create function record_failed_tasks() returns trigger language plpgsql as $$
  begin
    insert into project_changes (project_id, count)
      select project_id, 1 from (
        select r.project_id from new_rows t join runs r on r.id = t.run_id
        where t.kind = 'detect' and t.state = 'failed' union all
        select r.project_id from old_rows t join runs r on r.id = t.run_id
        where t.kind = 'detect' and t.state = 'failed') changes group by project_id;
    return null;
  end $$;

create function record_inserted() returns trigger language plpgsql as $$
  begin
    insert into project_changes (project_id, count)
      select project_id, 1 from (select project_id from new_rows) changes group by project_id;
    return null;
  end $$;

create function record_updated() returns trigger language plpgsql as $$
  begin
    insert into project_changes (project_id, count)
      select project_id, 1 from (select project_id from new_rows union all select project_id from old_rows) changes group by project_id;
    return null;
  end $$;
