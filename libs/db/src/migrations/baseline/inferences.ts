import { CATEGORY, CREATED_AT, ID, VACUUM_EARLY } from './columns';

/** Results of models. They are never changed by people: annotations are separate rows (reviews). */
export const INFERENCES: readonly string[] = [
  // One result of one detector for one image. Running the same model again adds nothing.
  `create table inferences (
    ${ID},
    image_id bigint not null references images,
    model_id bigint not null references models,
    stage text not null check (stage in ('detect')),
    engine text not null,
    warning text check (warning in ('truncated')),
    decode_ms real not null,
    infer_ms real not null,
    animal real,
    person real,
    vehicle real,
    ${CREATED_AT},
    unique (image_id, model_id, stage)
  )`,
  `comment on column inferences.warning is 'truncated: the file ends early, and the missing part of the image is grey'`,
  `comment on column inferences.animal
    is 'highest confidence of an animal, also below the threshold; likewise person and vehicle'`,
  `create index inferences_model on inferences (model_id)`,
  ...['animal', 'person', 'vehicle'].map(
    (column) => `create index inferences_${column} on inferences (model_id, image_id) where ${column} is not null`,
  ),

  // The same box in many images of one deployment: a branch or a stone that the model takes for an animal.
  `create table static_detections (
    ${ID},
    project_id bigint not null references projects,
    deployment_id bigint not null references deployments,
    ${CATEGORY},
    x real not null,
    y real not null,
    width real not null,
    height real not null,
    images integer not null,
    dismissed_at timestamptz,
    dismissed_by text,
    ${CREATED_AT}
  )`,
  `comment on column static_detections.images
    is 'images with a detection that belongs to it; 0: fewer than 20 by now, and no detection is hidden'`,
  `comment on column static_detections.dismissed_at
    is 'a person stated that it shows real animals: its detections are effective'`,
  `create index static_detections_project on static_detections (project_id)`,
  `create index static_detections_deployment on static_detections (deployment_id, id)`,

  // Boxes are fractions of the upright image.
  `create table detections (
    ${ID},
    inference_id bigint not null references inferences,
    image_id bigint not null references images,
    ${CATEGORY},
    label text not null,
    confidence real not null check (confidence between 0 and 1),
    x real not null,
    y real not null,
    width real not null check (width > 0),
    height real not null check (height > 0),
    static_detection_id bigint references static_detections
  )`,
  `create index detections_inference on detections (inference_id)`,
  `create index detections_image on detections (image_id, category, confidence)`,
  // Finds the images of a static detection without reading their detections.
  `create index detections_static_detection_image on detections (static_detection_id, image_id)
    where static_detection_id is not null`,

  // Deployments with new results since static detections were last searched for. A row is added with each change of
  // what is searched, in its transaction, and never updated: writers do not wait for one another. A search deletes the
  // rows.
  `create table stale_static_detections (
    ${ID},
    deployment_id bigint not null references deployments,
    marked_at timestamptz not null default now()
  ) ${VACUUM_EARLY}`,
  `comment on table stale_static_detections is 'deployments in which static detections have to be searched for'`,
  `create index stale_static_detections_deployment on stale_static_detections (deployment_id, marked_at)`,

  // The labels of a classifier for a detection, highest score first. Running the same model again adds nothing.
  `create table classifications (
    detection_id bigint not null references detections,
    model_id bigint not null references models,
    rank smallint not null check (rank between 1 and 5),
    label text not null,
    score real not null check (score between 0 and 1),
    engine text not null,
    ${CREATED_AT},
    primary key (detection_id, model_id, rank)
  )`,
  `create index classifications_model on classifications (model_id)`,
];
