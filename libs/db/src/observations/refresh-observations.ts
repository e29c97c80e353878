import { sql, type RawBuilder } from 'kysely';
import type { DatabaseTransaction } from '../connection/database';
import { IS_STATIC } from '../static-detections/is-static';
import { isOutsideDeployment } from '../sql/local-time';

/**
 * Derives the effective observations of these images again, from inferences and annotations: `observations`, and
 * `image_summaries`, which images are listed, filtered and counted by. Must be called with every change of them, or of
 * an image's place and time, in the same transaction. Locks the images first, in order of id, so that concurrent calls
 * see each other's changes.
 */
export async function refreshObservations(tx: DatabaseTransaction, imageIds: readonly number[]): Promise<void> {
  if (imageIds.length > 0) await refresh(tx, imageIds);
}

/** Locks images in order of their ids, as every transaction does, to avoid deadlocks. */
export async function lockImages(tx: DatabaseTransaction, imageIds: readonly number[]): Promise<void> {
  await lock(tx, imageIds);
}

/**
 * Writes summaries of images that were inserted in this transaction: they are not visible to others, and have no
 * inferences.
 */
export async function summariseNewImages(tx: DatabaseTransaction, imageIds: readonly number[]): Promise<void> {
  if (imageIds.length > 0) await writeSummaries(tx, imageIds);
}

/** A condition on a column of image ids. */
function isAmong(column: string, imageIds: readonly number[]): RawBuilder<boolean> {
  return sql`${sql.ref(column)} = any(${[...imageIds]}::bigint[])`;
}

async function lock(tx: DatabaseTransaction, imageIds: readonly number[]): Promise<void> {
  await sql`select 1 from images where ${isAmong('images.id', imageIds)} order by id for no key update`.execute(tx);
}

async function refresh(tx: DatabaseTransaction, imageIds: readonly number[]): Promise<void> {
  await lock(tx, imageIds);
  // From here on each statement sees what other transactions wrote of these images.
  await markEventsOfImagesStale(tx, imageIds);
  await sql`delete from observations where ${isAmong('observations.image_id', imageIds)}`.execute(tx);
  await sql`
    insert into observations (image_id, project_id, category, label, individuals, confidence, captured_at)
    ${selectInferredObservations(imageIds)} union all ${selectAnnotatedObservations(imageIds)}`.execute(tx);
  await writeSummaries(tx, imageIds);
  await markEventsOfImagesStale(tx, imageIds);
  await writeSingleImageEvents(tx, imageIds);
}

/**
 * Joins the effective review of image `i`, as `review`; its `observations` are null when the inference is effective.
 */
export const JOIN_EFFECTIVE_REVIEW = sql`
  left join lateral (
    select r.id, r.observations from reviews r
    where r.image_id = i.id and r.undone_at is null order by r.id desc limit 1
  ) review on true`;

/**
 * Joins the present category and label of `observed`, an annotated observation, as `current`: its taxon may have been
 * corrected since.
 */
export const JOIN_TAXON = sql`
  left join taxa taxon on taxon.id = observed."taxonId"
  cross join lateral (
    select coalesce(taxon.category, observed.category) as category,
      coalesce(taxon.scientific_name, observed.label) as label
  ) current`;

/**
 * Joins the latest inference of image `i`, as `latest`. The order is an expression that no index has: without
 * statistics of a table that filled quickly, Postgres would read all inferences backwards by primary key for each
 * image.
 */
export const JOIN_LATEST_INFERENCE = sql`
  left join lateral (
    select f.id, m.threshold from inferences f join models m on m.id = f.model_id
    where f.image_id = i.id order by f.id + 0 desc limit 1
  ) latest on true`;

/** Detection `d` does not belong to a static detection, or a person dismissed that one. */
export const NOT_STATIC = sql`not ${IS_STATIC}`;

function selectInferredObservations(imageIds: readonly number[]): RawBuilder<unknown> {
  return sql`
    select i.id, i.project_id, d.category, coalesce(classified.label, d.label), count(*), max(d.confidence),
      i.captured_at
    from images i ${JOIN_EFFECTIVE_REVIEW} ${JOIN_LATEST_INFERENCE}
    join detections d on d.inference_id = latest.id and d.confidence >= latest.threshold and ${NOT_STATIC}
    left join lateral (
      select c.label from classifications c
      where c.detection_id = d.id and c.rank = 1 order by c.model_id desc limit 1
    ) classified on true
    where ${isAmong('i.id', imageIds)} and review.observations is null
    group by i.id, d.category, coalesce(classified.label, d.label)`;
}

function selectAnnotatedObservations(imageIds: readonly number[]): RawBuilder<unknown> {
  return sql`
    select i.id, i.project_id, current.category, current.label, sum(observed.individuals), 1, i.captured_at
    from images i ${JOIN_EFFECTIVE_REVIEW}
    cross join lateral jsonb_to_recordset(review.observations)
      as observed (category text, label text, "taxonId" bigint, individuals int)
    ${JOIN_TAXON}
    where ${isAmong('i.id', imageIds)}
    group by i.id, current.category, current.label`;
}

async function writeSummaries(tx: DatabaseTransaction, imageIds: readonly number[]): Promise<void> {
  await sql`
    insert into image_summaries (
      image_id, project_id, deployment_id, ingest_id, captured_at, local_hour, outside_deployment, dst_issue,
      processed, inference_id, review_id, has_animal, has_person, has_vehicle, blank,
      animal, person, vehicle, confidence, detections)
    select i.id, i.project_id, i.deployment_id, i.ingest_id, i.captured_at,
      extract(hour from i.captured_at at time zone p.timezone), ${isOutsideDeployment('i', 'p')}, i.dst_issue,
      latest.id is not null, latest.id, case when annotated.yes then review.id end,
      observed.animal, observed.person, observed.vehicle,
      (annotated.yes or latest.id is not null) and observed.confidence is null,
      ${categoryConfidence('animal')}, ${categoryConfidence('person')}, ${categoryConfidence('vehicle')},
      observed.confidence, inferred.detections
    from images i ${JOIN_EFFECTIVE_REVIEW} ${JOIN_LATEST_INFERENCE}
    left join deployments p on p.id = i.deployment_id
    cross join lateral (select review.observations is not null as yes) annotated
    cross join lateral (
      select coalesce(bool_or(o.category = 'animal'), false) as animal,
        coalesce(bool_or(o.category = 'person'), false) as person,
        coalesce(bool_or(o.category = 'vehicle'), false) as vehicle, max(o.confidence) as confidence
      from observations o where o.image_id = i.id) observed
    cross join lateral (
      select max(d.confidence) filter (where d.category = 'animal') as animal,
        max(d.confidence) filter (where d.category = 'person') as person,
        max(d.confidence) filter (where d.category = 'vehicle') as vehicle,
        count(*) filter (where d.confidence >= latest.threshold) as detections
      from detections d where d.inference_id = latest.id and ${NOT_STATIC}) inferred
    where ${isAmong('i.id', imageIds)}
    on conflict (image_id) do update set
      deployment_id = excluded.deployment_id, captured_at = excluded.captured_at, local_hour = excluded.local_hour,
      outside_deployment = excluded.outside_deployment, dst_issue = excluded.dst_issue, processed = excluded.processed,
      inference_id = excluded.inference_id, review_id = excluded.review_id, has_animal = excluded.has_animal,
      has_person = excluded.has_person, has_vehicle = excluded.has_vehicle, blank = excluded.blank,
      animal = excluded.animal, person = excluded.person, vehicle = excluded.vehicle,
      confidence = excluded.confidence, detections = excluded.detections`.execute(tx);
}

/**
 * An annotation has confidence 1; without one it is the highest confidence of a detection, also below the threshold.
 */
function categoryConfidence(category: 'animal' | 'person' | 'vehicle'): RawBuilder<number | null> {
  return sql`case
        when not annotated.yes then ${sql.ref(`inferred.${category}`)}
        when ${sql.ref(`observed.${category}`)} then 1 end`;
}

/**
 * Marks the span of time of these images' events as stale, by the present summaries: called before and after they
 * change. Adds one row for each deployment and updates none, so that writers do not wait for one another.
 */
async function markEventsOfImagesStale(tx: DatabaseTransaction, imageIds: readonly number[]): Promise<void> {
  await sql`
    insert into stale_events (project_id, deployment_id, from_at, to_at)
    select s.project_id, s.deployment_id, min(s.captured_at), max(s.captured_at) from image_summaries s
    where ${isAmong('s.image_id', imageIds)} and s.deployment_id is not null and s.captured_at is not null
      and exists (select 1 from observations o where o.image_id = s.image_id)
    group by s.project_id, s.deployment_id`.execute(tx);
}

/**
 * Writes the events of images without a known time or without a deployment: each image is an event of its own, and
 * keeps its id while it exists. Events with a time are left alone, even if they start with such an image: they are
 * stale.
 */
async function writeSingleImageEvents(tx: DatabaseTransaction, imageIds: readonly number[]): Promise<void> {
  await sql`
    with formed as materialized (
      select s.project_id, s.deployment_id, o.category, kind.label, s.image_id, sum(o.individuals) as individuals,
        max(o.confidence) as confidence, s.review_id is not null as reviewed
      from image_summaries s join observations o on o.image_id = s.image_id
      cross join lateral (values (null), (o.label)) as kind (label)
      where ${isAmong('s.image_id', imageIds)} and (s.captured_at is null or s.deployment_id is null)
      group by s.image_id, o.category, kind.label
    ), deleted as (
      delete from events e where e.starts_at is null and ${isAmong('e.first_image_id', imageIds)} and not exists (
        select 1 from formed f
        where f.image_id = e.first_image_id and f.category = e.category and f.label is not distinct from e.label
          and f.deployment_id is not distinct from e.deployment_id)
    )
    insert into events as e (
      project_id, deployment_id, category, label, first_image_id, best_image_id, images, individuals, confidence,
        reviewed)
    select project_id, deployment_id, category, label, image_id, image_id, 1, individuals, confidence, reviewed
    from formed
    on conflict (first_image_id, category, (coalesce(label, '')), (coalesce(deployment_id, 0)), (starts_at is null))
    do update set
      individuals = excluded.individuals, confidence = excluded.confidence, reviewed = excluded.reviewed`.execute(tx);
}
