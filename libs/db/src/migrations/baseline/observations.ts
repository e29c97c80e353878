import { CATEGORY, ID, VACUUM_EARLY } from './columns';

/**
 * Effective observations of each image, one summary row for each image, and the events formed from them: all derived.
 */
export const OBSERVATIONS: readonly string[] = [
  // What an image shows: the annotation of a person, else the latest inference above the threshold of its model.
  `create table observations (
    image_id bigint not null references images on delete cascade,
    project_id bigint not null references projects,
    ${CATEGORY},
    label text not null,
    individuals integer not null check (individuals > 0),
    confidence real not null,
    captured_at timestamptz,
    primary key (image_id, category, label)
  )`,
  `comment on table observations is 'derived: effective observations'`,
  `comment on column observations.confidence is 'highest confidence of its detections; 1 for an annotation'`,
  `create index observations_label on observations (project_id, label, image_id)`,
  `create index observations_label_captured on observations (project_id, label, captured_at, image_id)`,
  `create index observations_label_confidence on observations (project_id, label, confidence, image_id)`,

  `create table image_summaries (
    image_id bigint primary key references images on delete cascade,
    project_id bigint not null references projects,
    deployment_id bigint references deployments,
    ingest_id bigint not null references ingests,
    captured_at timestamptz,
    local_hour smallint,
    outside_deployment boolean not null,
    dst_issue text,
    processed boolean not null,
    inference_id bigint references inferences,
    review_id bigint references reviews,
    has_animal boolean not null,
    has_person boolean not null,
    has_vehicle boolean not null,
    blank boolean not null,
    animal real,
    person real,
    vehicle real,
    max_confidence real generated always as (greatest(animal, person, vehicle)) stored,
    confidence real,
    detections integer not null default 0
  )`,
  `comment on table image_summaries is 'derived: what images are listed, filtered and counted by'`,
  `comment on column image_summaries.outside_deployment
    is 'captured before the start or after the end of the deployment'`,
  `comment on column image_summaries.processed is 'a model has processed the image'`,
  `comment on column image_summaries.inference_id is 'the latest inference'`,
  `comment on column image_summaries.review_id is 'the effective review'`,
  `comment on column image_summaries.animal
    is 'highest confidence of an animal, also below the threshold; 1 if annotated; likewise person and vehicle'`,
  `comment on column image_summaries.max_confidence is 'the highest of animal, person and vehicle'`,
  `comment on column image_summaries.confidence is 'the highest confidence of an effective observation'`,
  `comment on column image_summaries.detections
    is 'effective detections of the latest inference: above the threshold, not static'`,
  `create index image_summaries_project on image_summaries (project_id, image_id)`,
  `create index image_summaries_captured on image_summaries (project_id, captured_at, image_id)`,
  `create index image_summaries_confidence on image_summaries (project_id, confidence, image_id)`,
  `create index image_summaries_ingest on image_summaries (ingest_id, image_id)`,
  `create index image_summaries_inference on image_summaries (inference_id)`,
  `create index image_summaries_review on image_summaries (review_id)`,
  `create index image_summaries_deployment on image_summaries (deployment_id, image_id)`,
  `create index image_summaries_deployment_captured on image_summaries (deployment_id, captured_at, image_id)`,
  `create index image_summaries_deployment_confidence on image_summaries (deployment_id, confidence, image_id)
    where confidence is not null`,
  ...['has_animal', 'has_person', 'has_vehicle', 'blank'].flatMap((kind) => [
    `create index image_summaries_${kind} on image_summaries (project_id, image_id) where ${kind}`,
    `create index image_summaries_${kind}_captured on image_summaries (project_id, captured_at, image_id)
      where ${kind}`,
  ]),
  ...['animal', 'person', 'vehicle', 'max_confidence'].map(
    (column) =>
      `create index image_summaries_${column} on image_summaries (project_id, ${column}) where ${column} is not null`,
  ),
  // A category that few of very many images have, in order of confidence.
  ...['animal', 'person', 'vehicle'].map(
    (category) => `create index image_summaries_${category}_confidence
    on image_summaries (project_id, confidence, image_id) where has_${category}`,
  ),
  `create index image_summaries_unprocessed on image_summaries (project_id, image_id) where not processed`,
  `create index image_summaries_unprocessed_captured on image_summaries (project_id, captured_at, image_id)
    where not processed`,
  `create index image_summaries_reviewed on image_summaries (project_id, image_id) where review_id is not null`,
  // Blanks in order of how close the model was to a detection.
  `create index image_summaries_missed on image_summaries (project_id, max_confidence desc, image_id)
    where blank and review_id is null and max_confidence is not null`,
  `create index image_summaries_time_issue on image_summaries (project_id, image_id)
    where captured_at is null or outside_deployment or dst_issue is not null`,
];

export const EVENTS: readonly string[] = [
  // Independent visits at one deployment. Label null: the visits of the whole category.
  `create table events (
    ${ID},
    project_id bigint not null references projects,
    deployment_id bigint references deployments,
    ${CATEGORY},
    label text,
    first_image_id bigint not null references images on delete cascade,
    best_image_id bigint not null references images on delete cascade,
    starts_at timestamptz,
    ends_at timestamptz,
    local_start timestamp,
    solar_hour smallint,
    images integer not null,
    individuals integer not null,
    confidence real not null,
    reviewed boolean not null
  )`,
  `comment on table events
    is 'derived from observations; an image without a known time or deployment is an event of its own'`,
  `comment on column events.best_image_id is 'the image with the highest confidence'`,
  `comment on column events.solar_hour is 'hour of the apparent solar day; null where the location has no coordinates'`,
  `comment on column events.individuals is 'the largest number in one image'`,
  // With starts_at: an image whose time was removed is an event without a time at once, while the event that started
  // with it is only removed when the events of the deployment are formed again.
  `create unique index events_identity on events
    (first_image_id, category, (coalesce(label, '')), (coalesce(deployment_id, 0)), (starts_at is null))`,
  `create index events_project on events (project_id)`,
  `create index events_best_image on events (best_image_id)`,
  `create index events_deployment on events (deployment_id, starts_at)`,
  `create index events_of_category on events (project_id, starts_at, id) where label is null`,
  `create index events_of_label on events (project_id, label, starts_at, id) where label is not null`,
  // Events of all labels in order of time; events_of_label has them label by label.
  `create index events_of_labels on events (project_id, starts_at, id) where label is not null`,
  `create index events_of_hour on events (project_id, category, (date_part('hour', local_start))) where label is null`,
  `create index events_to_review on events (project_id, confidence, id) where label is null and not reviewed`,
  // Without them the planner expects about as many hours and days as events. The expressions are those of
  // src/statistics.
  `create statistics events_local_hours on (date_part('hour', local_start)) from events`,
  `create statistics events_local_days on (local_start::date) from events`,
  `create statistics events_local_weeks on (date_trunc('week', local_start)) from events`,
  `create statistics events_local_months on (date_trunc('month', local_start)) from events`,

  // Spans of time in which events have to be formed again. A row is added with each change of what they are formed
  // from, in its transaction.
  `create table stale_events (
    ${ID},
    project_id bigint not null references projects,
    deployment_id bigint not null references deployments,
    from_at timestamptz not null,
    to_at timestamptz not null
  ) ${VACUUM_EARLY}`,
  `create index stale_events_deployment on stale_events (deployment_id)`,
  `create index stale_events_project on stale_events (project_id)`,
];
