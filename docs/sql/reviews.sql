-- The SQL of the reads of this feature, and of the larger writes.
-- Written by libs/db/src/testing/sql-snapshots.int-spec.ts: run it with UPDATE_SNAPSHOTS=1 after a change.

-- readImageAnnotations
select i.id as "imageId", i.project_id as "projectId",
case when review.observations is not null then 'human' when latest.id is not null then 'machine' else 'none' end
  as source,
coalesce(annotation.observations, review.observations, proposed.observations, '[]') as observations,
case when latest.id is not null then jsonb_build_object(
  'model', (
    select m.name || ' ' || m.version from inferences f join models m on m.id = f.model_id where f.id = latest.id
  ),
  'observations', coalesce(proposed.observations, '[]')) end as machine,
r.id as "review_id", r.action as "review_action", r.reviewer as "review_reviewer", r.key_id as "review_keyId",
r.note as "review_note", r.batch_id as "review_batchId", r.created_at as "review_at"
from images i
left join lateral (
select r.id, r.observations from reviews r
where r.image_id = i.id and r.undone_at is null order by r.id desc limit 1
) review on true
left join lateral (
select f.id, m.threshold from inferences f join models m on m.id = f.model_id
where f.image_id = i.id order by f.id + 0 desc limit 1
) latest on true
left join lateral (
select jsonb_agg(
  item.value || jsonb_build_object('category', current.category, 'label', current.label) order by item.position
) as observations
from jsonb_array_elements(review.observations) with ordinality as item (value, position)
cross join lateral jsonb_to_record(item.value) as observed (category text, label text, "taxonId" bigint)
left join taxa taxon on taxon.id = observed."taxonId"
cross join lateral (
select coalesce(taxon.category, observed.category) as category,
coalesce(taxon.scientific_name, observed.label) as label
) current
) annotation on true
left join reviews r on r.id = review.id and review.observations is not null
left join lateral (
select jsonb_agg(jsonb_build_object(
  'category', d.category, 'label', coalesce(classified.label, d.label), 'taxonId', null, 'individuals', 1,
  'box', jsonb_build_object('x', d.x, 'y', d.y, 'width', d.width, 'height', d.height),
  'detectionId', d.id, 'confidence', d.confidence) order by d.confidence desc, d.id) as observations
from detections d
left join lateral (
  select c.label from classifications c
  where c.detection_id = d.id and c.rank = 1 order by c.model_id desc limit 1
) classified on true
where d.inference_id = latest.id and d.confidence >= latest.threshold and not exists (select 1 from static_detections b
where b.id = d.static_detection_id and b.dismissed_at is null)
) proposed on true
where i.id = any($1::bigint[])
order by i.id;

-- listReviewQueue, of events
select e.id, e.best_image_id as "imageId", e.deployment_id as "deploymentId", e.category, e.confidence, e.images,
e.individuals,
e.starts_at as "startsAt", e.ends_at as "endsAt"
from events e where e.label is null and not e.reviewed and "e"."project_id" = $1 and e.starts_at >= $2 and e.starts_at < $3 and exists (
select 1 from events named
where named.project_id = e.project_id and named.category = e.category and named.label = $4
and (named.first_image_id = e.first_image_id or named.deployment_id = e.deployment_id
  and named.starts_at between e.starts_at and e.ends_at)) and (e.confidence, e.id) > ($5::real, $6::bigint) order by e.confidence, e.id limit $7;

-- listReviewQueue, of blanks
select s.image_id as id, s.image_id as "imageId", s.deployment_id as "deploymentId",
case s.max_confidence when s.animal then 'animal' when s.person then 'person' else 'vehicle' end as category,
  s.max_confidence as confidence,
1 as images, 0 as individuals, s.captured_at as "startsAt", s.captured_at as "endsAt"
from image_summaries s where s.blank and s.review_id is null and s.max_confidence is not null and "s"."project_id" = $1 and "s"."animal" = s.max_confidence and s.max_confidence <= $2::real and (s.max_confidence < $3::real or s.image_id > $4)
order by s.max_confidence desc, s.image_id limit $5;

-- countReviewQueue
select count(*)::int as count
from events e
where e.label is null and not e.reviewed and "e"."project_id" = $1;

select coalesce(sum(count), 0)::bigint as version from project_changes
where project_id = $1;

-- ReviewRepository.findEffective
select distinct on ("image_id") *
from "reviews"
where "image_id" = any($1::bigint[]) and "undone_at" is null
order by "image_id", "id" desc;

-- ReviewRepository.listHistory
select *, id is not distinct from (select max(last.id) from reviews last
where last.image_id = $1 and last.undone_at is null) as "isEffective" from "reviews" where "image_id" = $2 and "id" < $3 order by "id" desc limit $4;

-- ReviewRepository.listImagesWithTaxon
select distinct image_id as id from reviews
where project_id = $1 and undone_at is null and image_id > $2
  and observations @> $3::jsonb
order by image_id limit $4;

-- ReviewRepository.countImagesWithTaxon
select count(distinct image_id) as count from reviews
where project_id = $1 and undone_at is null
  and observations @> $2::jsonb;
