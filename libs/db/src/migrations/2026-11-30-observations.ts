import { sql, type Kysely } from 'kysely';

/** What counts after review: reviews, static false positives, observations, one summary row an image, and events. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const ID = 'id bigint generated always as identity primary key';
const CATEGORY = `category text not null check (category in ('animal', 'person', 'vehicle'))`;

const STATEMENTS = [
  `alter table projects
    add column sequence_gap_seconds integer not null default 60 check (sequence_gap_seconds between 0 and 86400),
    add column event_gap_seconds integer not null default 1800 check (event_gap_seconds between 0 and 604800)`,
  `comment on column projects.event_gap_seconds is 'longer without a kind of animal at a deployment, and its next picture begins a new event'`,

  // What people said of an image, one row each time; the machine's results stay beside it untouched.
  `create table reviews (
    ${ID},
    project_id bigint not null references projects,
    image_id bigint not null references images,
    action text not null,
    observations jsonb,
    batch_id uuid,
    key_id bigint references api_keys,
    reviewer text not null,
    undone_at timestamptz,
    undone_by text,
    created_at timestamptz not null default now()
  )`,
  `comment on column reviews.observations is 'all that is on the image from then on; [] a blank; null: the machine counts again'`,
  `comment on column reviews.undone_at is 'the latest review of an image that was not undone is the one that counts'`,
  `create index reviews_project on reviews (project_id, id)`,
  `create index reviews_image on reviews (image_id, id)`,
  `create index reviews_key on reviews (key_id)`,
  `create index reviews_batch on reviews (batch_id) where batch_id is not null`,

  // The same box in many images of one deployment: a branch or a stone that the model takes for an animal.
  `create table static_boxes (
    ${ID},
    project_id bigint not null references projects,
    deployment_id bigint not null references deployments,
    ${CATEGORY},
    x real not null,
    y real not null,
    width real not null,
    height real not null,
    images integer not null,
    unmarked_at timestamptz,
    unmarked_by text,
    created_at timestamptz not null default now()
  )`,
  `comment on column static_boxes.unmarked_at is 'a person said that what it holds is real: its detections count'`,
  `create index static_boxes_project on static_boxes (project_id)`,
  `create index static_boxes_deployment on static_boxes (deployment_id, id)`,
  `alter table detections add column static_box_id bigint references static_boxes`,
  `create index detections_static_box on detections (static_box_id) where static_box_id is not null`,

  // By what the images of a run are told apart, without reading their detections.
  `alter table inferences add column animal real, add column person real, add column vehicle real`,
  `comment on column inferences.animal is 'confidence of the surest animal, whether it reaches the threshold or not'`,
  `update inferences f set animal = surest.animal, person = surest.person, vehicle = surest.vehicle
    from (
      select inference_id, max(confidence) filter (where category = 'animal') as animal, max(confidence) filter (where category = 'person') as person,
        max(confidence) filter (where category = 'vehicle') as vehicle
      from detections group by inference_id
    ) surest where surest.inference_id = f.id`,
  ...['animal', 'person', 'vehicle'].map(
    (column) => `create index inferences_${column} on inferences (model_id, image_id) where ${column} is not null`,
  ),

  // Derived: what counts in each image. The human's word, else that of the model which looked last.
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
  `comment on column observations.confidence is 'of the surest detection; 1 where a person said so'`,
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
    out_of_dates boolean not null,
    time_doubt text,
    answered boolean not null,
    inference_id bigint references inferences,
    review_id bigint references reviews,
    has_animal boolean not null,
    has_person boolean not null,
    has_vehicle boolean not null,
    blank boolean not null,
    animal real,
    person real,
    vehicle real,
    surest real generated always as (greatest(animal, person, vehicle)) stored,
    confidence real
  )`,
  `comment on table image_summaries is 'derived: by what images are listed, filtered and counted'`,
  `comment on column image_summaries.inference_id is 'of the model that looked last'`,
  `comment on column image_summaries.animal is 'confidence of the surest animal, whether it reaches the threshold or not; 1 where a person said so'`,
  `comment on column image_summaries.surest is 'the greatest of the three'`,
  `comment on column image_summaries.confidence is 'of the surest of what counts'`,
  `create index image_summaries_project on image_summaries (project_id, image_id)`,
  `create index image_summaries_captured on image_summaries (project_id, captured_at, image_id)`,
  `create index image_summaries_confidence on image_summaries (project_id, confidence, image_id)`,
  `create index image_summaries_ingest on image_summaries (ingest_id, image_id)`,
  `create index image_summaries_deployment_confidence on image_summaries (deployment_id, confidence, image_id) where confidence is not null`,
  `create index image_summaries_deployment on image_summaries (deployment_id, image_id)`,
  `create index image_summaries_deployment_captured on image_summaries (deployment_id, captured_at, image_id)`,
  ...['has_animal', 'has_person', 'has_vehicle', 'blank'].flatMap((kind) => [
    `create index image_summaries_${kind} on image_summaries (project_id, image_id) where ${kind}`,
    `create index image_summaries_${kind}_captured on image_summaries (project_id, captured_at, image_id) where ${kind}`,
  ]),
  ...['animal', 'person', 'vehicle', 'surest'].map(
    (column) =>
      `create index image_summaries_${column} on image_summaries (project_id, ${column}) where ${column} is not null`,
  ),
  `create index image_summaries_unanswered on image_summaries (project_id, image_id) where not answered`,
  `create index image_summaries_unanswered_captured on image_summaries (project_id, captured_at, image_id) where not answered`,
  `create index image_summaries_reviewed on image_summaries (project_id, image_id) where review_id is not null`,
  `create index image_summaries_time_issue on image_summaries (project_id, image_id) where captured_at is null or out_of_dates or time_doubt is not null`,
  `create index image_summaries_inference on image_summaries (inference_id)`,
  `create index image_summaries_review on image_summaries (review_id)`,

  // Derived: visits of one kind at one deployment. Label null: of all of its category.
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
  `comment on table events is 'derived from observations by the gap of the project; an image without a known time or deployment is an event of its own'`,
  `comment on column events.individuals is 'the largest number in one image'`,
  `create unique index events_identity on events (first_image_id, category, (coalesce(label, '')), (coalesce(deployment_id, 0)))`,
  `create index events_best_image on events (best_image_id)`,
  `create index events_of_category on events (project_id, starts_at, id) where label is null`,
  `create index events_of_label on events (project_id, label, starts_at, id) where label is not null`,
  `create index events_deployment on events (deployment_id, starts_at)`,
  `create index events_to_review on events (project_id, confidence, id) where label is null and not reviewed`,

  // Where events have to be formed anew. Written with each change of what they are formed from, in its transaction.
  `create table stale_events (
    ${ID},
    project_id bigint not null references projects,
    deployment_id bigint not null references deployments,
    from_at timestamptz not null,
    to_at timestamptz not null
  ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)`,
  `create index stale_events_deployment on stale_events (deployment_id)`,
  `create index stale_events_project on stale_events (project_id)`,

  `create index tasks_run_detect on tasks (run_id, subject_id) where kind = 'detect'`,
  `create index tasks_failed_detect on tasks (subject_id, error_code) where kind = 'detect' and state = 'failed'`,
  `create index tasks_failed_reason on tasks (error_code, subject_id) where kind = 'detect' and state = 'failed'`,

  // Of what is there already; from here on `ObservationRepository.refresh` writes both. Written out, because a merged migration must not change with the code.
  `insert into observations (image_id, project_id, category, label, individuals, confidence, captured_at)
    select i.id, i.project_id, d.category, coalesce(said.label, d.label), count(*), max(d.confidence), i.captured_at
    from images i
    join lateral (select f.id, m.threshold from inferences f join models m on m.id = f.model_id where f.image_id = i.id order by f.id desc limit 1) answer on true
    join detections d on d.inference_id = answer.id and d.confidence >= answer.threshold
    left join lateral (select c.label from classifications c where c.detection_id = d.id and c.rank = 1 order by c.model_id desc limit 1) said on true
    group by i.id, d.category, coalesce(said.label, d.label)`,
  `insert into image_summaries (image_id, project_id, deployment_id, ingest_id, captured_at, local_hour, out_of_dates, time_doubt, answered, inference_id,
      has_animal, has_person, has_vehicle, blank, animal, person, vehicle, confidence)
    select i.id, i.project_id, i.deployment_id, i.ingest_id, i.captured_at, extract(hour from i.captured_at at time zone p.timezone),
      coalesce(i.captured_at < p.starts_at or i.captured_at > p.ends_at, false), i.time_doubt, answer.id is not null, answer.id,
      counted.animal, counted.person, counted.vehicle, answer.id is not null and counted.confidence is null, raw.animal, raw.person, raw.vehicle, counted.confidence
    from images i
    left join deployments p on p.id = i.deployment_id
    left join lateral (select f.id from inferences f where f.image_id = i.id order by f.id desc limit 1) answer on true
    cross join lateral (
      select coalesce(bool_or(o.category = 'animal'), false) as animal, coalesce(bool_or(o.category = 'person'), false) as person,
        coalesce(bool_or(o.category = 'vehicle'), false) as vehicle, max(o.confidence) as confidence
      from observations o where o.image_id = i.id) counted
    cross join lateral (
      select max(d.confidence) filter (where d.category = 'animal') as animal, max(d.confidence) filter (where d.category = 'person') as person,
        max(d.confidence) filter (where d.category = 'vehicle') as vehicle
      from detections d where d.inference_id = answer.id) raw`,
  `insert into events (project_id, category, label, first_image_id, best_image_id, images, individuals, confidence, reviewed)
    select s.project_id, o.category, kind.label, s.image_id, s.image_id, 1, sum(o.individuals), max(o.confidence), false
    from image_summaries s join observations o on o.image_id = s.image_id cross join lateral (values (null), (o.label)) as kind (label)
    where s.captured_at is null or s.deployment_id is null
    group by s.project_id, s.image_id, o.category, kind.label`,
  `update events e set deployment_id = i.deployment_id from images i where i.id = e.first_image_id and i.deployment_id is not null`,
  `insert into stale_events (project_id, deployment_id, from_at, to_at) select project_id, id, '-infinity', 'infinity' from deployments`,
];
