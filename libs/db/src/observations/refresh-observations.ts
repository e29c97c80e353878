import { sql, type RawBuilder } from 'kysely';
import type { DatabaseTransaction } from '../connection/database';
import { IS_STATIC } from '../static-detections/is-static';
import { outOfDates } from '../sql/local-time';

/** Which images: a condition on a column of image ids. */
type Which = (column: string) => RawBuilder<boolean>;

/**
 * Derives again what counts in these images, from what models found and people said: `observations`, and `image_summaries`, by which
 * images are listed, filtered and counted. To be called with every change of those, or of an image's place and time, in its transaction.
 * The images are locked first, in order: whoever comes second sees what the first wrote.
 */
export async function refreshObservations(tx: DatabaseTransaction, imageIds: readonly number[]): Promise<void> {
  if (imageIds.length > 0) await refresh(tx, those(imageIds));
}

/** In order of their ids, as everyone locks them: two that want the same ones do not wait for one another in a circle. */
export async function lockImages(tx: DatabaseTransaction, imageIds: readonly number[]): Promise<void> {
  await lock(tx, those(imageIds));
}

/** All images of a deployment. */
export async function lockDeployment(tx: DatabaseTransaction, deploymentId: number): Promise<void> {
  await lock(tx, ofDeployment(deploymentId));
}

/** The same for all images of a deployment: it was corrected. */
export async function refreshDeployment(tx: DatabaseTransaction, deploymentId: number): Promise<void> {
  await refresh(tx, ofDeployment(deploymentId));
}

/** Images that are new in this transaction: nobody else sees them, and nothing was found in them yet. */
export async function summariseNewImages(tx: DatabaseTransaction, imageIds: readonly number[]): Promise<void> {
  if (imageIds.length > 0) await writeSummaries(tx, those(imageIds));
}

function those(imageIds: readonly number[]): Which {
  return (column) => sql`${sql.ref(column)} = any(${[...imageIds]}::bigint[])`;
}

function ofDeployment(deploymentId: number): Which {
  return (column) => sql`${sql.ref(column)} in (select id from images where deployment_id = ${deploymentId})`;
}

async function lock(tx: DatabaseTransaction, which: Which): Promise<void> {
  await sql`select 1 from images where ${which('images.id')} order by id for no key update`.execute(tx);
}

async function refresh(tx: DatabaseTransaction, which: Which): Promise<void> {
  await lock(tx, which);
  // From here on each statement sees what others wrote of these images before.
  await markStale(tx, which);
  await sql`delete from observations where ${which('observations.image_id')}`.execute(tx);
  await sql`
    insert into observations (image_id, project_id, category, label, individuals, confidence, captured_at)
    ${machineObservations(which)} union all ${humanObservations(which)}`.execute(tx);
  await writeSummaries(tx, which);
  await markStale(tx, which);
  await formSingleEvents(tx, which);
}

/** The review of image `i` that counts, as `review`; its `observations` null: none, the machine counts. */
export const REVIEW = sql`
  left join lateral (select r.id, r.observations from reviews r where r.image_id = i.id and r.undone_at is null order by r.id desc limit 1) review on true`;

/** What `seen`, of a human's word, is called now, as `named`: a taxon may have been corrected since. */
export const NAMED = sql`
  left join taxa taxon on taxon.id = seen."taxonId"
  cross join lateral (select coalesce(taxon.category, seen.category) as category, coalesce(taxon.scientific_name, seen.label) as label) named`;

/**
 * What the model said that looked last at image `i`, as `answer`. In an order that no index has: as long as Postgres has no statistics of
 * a table that filled quickly, it would read all inferences from the last one backwards for each image.
 */
export const ANSWER = sql`
  left join lateral (select f.id, m.threshold from inferences f join models m on m.id = f.model_id where f.image_id = i.id order by f.id + 0 desc limit 1) answer on true`;

/** A detection `d` is not one of those that are always there. */
export const NOT_STATIC = sql`not ${IS_STATIC}`;

function machineObservations(which: Which): RawBuilder<unknown> {
  return sql`
    select i.id, i.project_id, d.category, coalesce(said.label, d.label), count(*), max(d.confidence), i.captured_at
    from images i ${REVIEW} ${ANSWER}
    join detections d on d.inference_id = answer.id and d.confidence >= answer.threshold and ${NOT_STATIC}
    left join lateral (select c.label from classifications c where c.detection_id = d.id and c.rank = 1 order by c.model_id desc limit 1) said on true
    where ${which('i.id')} and review.observations is null
    group by i.id, d.category, coalesce(said.label, d.label)`;
}

function humanObservations(which: Which): RawBuilder<unknown> {
  return sql`
    select i.id, i.project_id, named.category, named.label, sum(seen.individuals), 1, i.captured_at
    from images i ${REVIEW}
    cross join lateral jsonb_to_recordset(review.observations) as seen (category text, label text, "taxonId" bigint, individuals int)
    ${NAMED}
    where ${which('i.id')}
    group by i.id, named.category, named.label`;
}

async function writeSummaries(tx: DatabaseTransaction, which: Which): Promise<void> {
  await sql`
    insert into image_summaries (image_id, project_id, deployment_id, ingest_id, captured_at, local_hour, out_of_dates, time_doubt, answered, inference_id, review_id,
      has_animal, has_person, has_vehicle, blank, animal, person, vehicle, confidence, detections)
    select i.id, i.project_id, i.deployment_id, i.ingest_id, i.captured_at, extract(hour from i.captured_at at time zone p.timezone),
      ${outOfDates('i', 'p')}, i.time_doubt,
      answer.id is not null, answer.id, case when reviewed.really then review.id end,
      counted.animal, counted.person, counted.vehicle, (reviewed.really or answer.id is not null) and counted.confidence is null,
      ${surest('animal')}, ${surest('person')}, ${surest('vehicle')}, counted.confidence, raw.counted
    from images i ${REVIEW} ${ANSWER}
    left join deployments p on p.id = i.deployment_id
    cross join lateral (select review.observations is not null as really) reviewed
    cross join lateral (
      select coalesce(bool_or(o.category = 'animal'), false) as animal, coalesce(bool_or(o.category = 'person'), false) as person,
        coalesce(bool_or(o.category = 'vehicle'), false) as vehicle, max(o.confidence) as confidence
      from observations o where o.image_id = i.id) counted
    cross join lateral (
      select max(d.confidence) filter (where d.category = 'animal') as animal, max(d.confidence) filter (where d.category = 'person') as person,
        max(d.confidence) filter (where d.category = 'vehicle') as vehicle, count(*) filter (where d.confidence >= answer.threshold) as counted
      from detections d where d.inference_id = answer.id and ${NOT_STATIC}) raw
    where ${which('i.id')}
    on conflict (image_id) do update set
      deployment_id = excluded.deployment_id, captured_at = excluded.captured_at, local_hour = excluded.local_hour, out_of_dates = excluded.out_of_dates,
      time_doubt = excluded.time_doubt, answered = excluded.answered, inference_id = excluded.inference_id, review_id = excluded.review_id,
      has_animal = excluded.has_animal, has_person = excluded.has_person, has_vehicle = excluded.has_vehicle, blank = excluded.blank,
      animal = excluded.animal, person = excluded.person, vehicle = excluded.vehicle, confidence = excluded.confidence, detections = excluded.detections`.execute(
    tx,
  );
}

/** The human's word is sure; else what the machine is surest of, whether it reaches the threshold or not. */
function surest(category: 'animal' | 'person' | 'vehicle'): RawBuilder<number | null> {
  return sql`case when not reviewed.really then ${sql.ref(`raw.${category}`)} when ${sql.ref(`counted.${category}`)} then 1 end`;
}

/**
 * The time that these images' events lie in, as the summaries say now: once before they change and once after. One row for each
 * deployment, never updated: writers do not wait for one another.
 */
async function markStale(tx: DatabaseTransaction, which: Which): Promise<void> {
  await sql`
    insert into stale_events (project_id, deployment_id, from_at, to_at)
    select s.project_id, s.deployment_id, min(s.captured_at), max(s.captured_at) from image_summaries s
    where ${which('s.image_id')} and s.deployment_id is not null and s.captured_at is not null
      and exists (select 1 from observations o where o.image_id = s.image_id)
    group by s.project_id, s.deployment_id`.execute(tx);
}

/**
 * An image without a known time, or without a deployment, belongs together with nothing: each is an event of its own, at once, with the
 * same id as long as it is there. Events with a time are not touched, even if they begin with such an image still: they are stale.
 */
async function formSingleEvents(tx: DatabaseTransaction, which: Which): Promise<void> {
  await sql`
    with formed as materialized (
      select s.project_id, s.deployment_id, o.category, kind.label, s.image_id, sum(o.individuals) as individuals, max(o.confidence) as confidence, s.review_id is not null as reviewed
      from image_summaries s join observations o on o.image_id = s.image_id cross join lateral (values (null), (o.label)) as kind (label)
      where ${which('s.image_id')} and (s.captured_at is null or s.deployment_id is null)
      group by s.image_id, o.category, kind.label
    ), gone as (
      delete from events e where e.starts_at is null and ${which('e.first_image_id')} and not exists (
        select 1 from formed f where f.image_id = e.first_image_id and f.category = e.category and f.label is not distinct from e.label
          and f.deployment_id is not distinct from e.deployment_id)
    )
    insert into events as e (project_id, deployment_id, category, label, first_image_id, best_image_id, images, individuals, confidence, reviewed)
    select project_id, deployment_id, category, label, image_id, image_id, 1, individuals, confidence, reviewed from formed
    on conflict (first_image_id, category, (coalesce(label, '')), (coalesce(deployment_id, 0)), (starts_at is null)) do update set
      individuals = excluded.individuals, confidence = excluded.confidence, reviewed = excluded.reviewed`.execute(tx);
}
