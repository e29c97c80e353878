-- The SQL of the reads of this feature, and of the larger writes.
-- Written by libs/db/src/testing/sql-snapshots.int-spec.ts: run it with UPDATE_SNAPSHOTS=1 after a change.

-- DeploymentRepository.findByName
select "deployments".*, "locations"."name" as "location_name", "locations"."latitude", "locations"."longitude"
from "deployments"
left join "locations" on "locations"."id" = "deployments"."location_id"
where "deployments"."project_id" = $1 and "deployments"."name" = $2;

-- DeploymentRepository.page
select "deployments".*, "locations"."name" as "location_name", "locations"."latitude", "locations"."longitude"
from "deployments"
left join "locations" on "locations"."id" = "deployments"."location_id"
where "deployments"."project_id" = $1 and "deployments"."id" > $2
order by "deployments"."id"
limit $3;

-- DeploymentRepository.readTimes
select count(i.id)::int as images, count(i.id) filter (where i.captured_at is null)::int as "withoutTime",
count(*) filter (where coalesce("i"."captured_at" < "d"."starts_at"
or "i"."captured_at" > "d"."ends_at", false))::int as "outsideDeployment",
count(*) filter (where i.dst_issue = 'dst_gap')::int as "inDstGap",
  count(*) filter (where i.dst_issue = 'dst_overlap')::int as "inDstOverlap",
min(i.captured_at) as first, max(i.captured_at) as last
from deployments d left join images i on i.deployment_id = d.id where d.id = $1 group by d.id;

-- DeploymentRepository.instantOf
select ($1::timestamp at time zone $2::text) as instant;

-- ImageRepository.deriveTimes
select 1
from images
where "images"."id" = any($1::bigint[])
order by id for no key update;

update images set captured_at = derived.instant, dst_issue = derived.doubt
from (
  select i.id, i.deployment_id, i.manual_local, (reading.local at time zone d.timezone) as instant,
    (case
when (reading.local at time zone d.timezone) at time zone d.timezone <> reading.local then 'dst_gap'
when exists (
select 1 from (values (interval '-1 day'), (interval '1 day')) as near (distance)
cross join lateral (select (reading.local at time zone d.timezone) + near.distance as t) as day
cross join lateral (
  select (reading.local at time zone 'UTC') - ((day.t at time zone d.timezone) - (day.t at time zone 'UTC')) as t
) as other
where other.t <> (reading.local at time zone d.timezone) and other.t at time zone d.timezone = reading.local
) then 'dst_overlap' end) as doubt
  from images i left join deployments d on d.id = i.deployment_id
    cross join lateral (select coalesce("i"."manual_local", "i"."captured_local" + coalesce("d"."clock_offset_seconds", 0) * interval '1 second') as local) reading
  where i.id = any($1::bigint[])
) derived
-- Skips images that were corrected concurrently: that correction has derived their times.
where derived.id = images.id
  and (images.deployment_id, images.manual_local) is not distinct
    from (derived.deployment_id, derived.manual_local)
  and (images.captured_at, images.dst_issue) is distinct from (derived.instant, derived.doubt);

insert into stale_events (project_id, deployment_id, from_at, to_at)
select s.project_id, s.deployment_id, min(s.captured_at), max(s.captured_at) from image_summaries s
where "s"."image_id" = any($1::bigint[]) and s.deployment_id is not null and s.captured_at is not null
  and exists (select 1 from observations o where o.image_id = s.image_id)
group by s.project_id, s.deployment_id;

delete from observations where "observations"."image_id" = any($1::bigint[]);

insert into observations (image_id, project_id, category, label, individuals, confidence, captured_at)
select i.id, i.project_id, d.category, coalesce(classified.label, d.label), count(*), max(d.confidence),
  i.captured_at
from images i
left join lateral (
select r.id, r.observations from reviews r
where r.image_id = i.id and r.undone_at is null order by r.id desc limit 1
) review on true
left join lateral (
select f.id, m.threshold from inferences f join models m on m.id = f.model_id
where f.image_id = i.id order by f.id + 0 desc limit 1
) latest on true
join detections d on d.inference_id = latest.id and d.confidence >= latest.threshold and not exists (select 1 from static_detections b
where b.id = d.static_detection_id and b.dismissed_at is null)
left join lateral (
  select c.label from classifications c
  where c.detection_id = d.id and c.rank = 1 order by c.model_id desc limit 1
) classified on true
where "i"."id" = any($1::bigint[]) and review.observations is null
group by i.id, d.category, coalesce(classified.label, d.label) union all
select i.id, i.project_id, current.category, current.label, sum(observed.individuals), 1, i.captured_at
from images i
left join lateral (
select r.id, r.observations from reviews r
where r.image_id = i.id and r.undone_at is null order by r.id desc limit 1
) review on true
cross join lateral jsonb_to_recordset(review.observations)
  as observed (category text, label text, "taxonId" bigint, individuals int)
left join taxa taxon on taxon.id = observed."taxonId"
cross join lateral (
select coalesce(taxon.category, observed.category) as category,
  coalesce(taxon.scientific_name, observed.label) as label
) current
where "i"."id" = any($2::bigint[])
group by i.id, current.category, current.label;

insert into image_summaries (
image_id, project_id, deployment_id, ingest_id, captured_at, local_hour, outside_deployment, dst_issue,
processed, inference_id, review_id, has_animal, has_person, has_vehicle, blank,
animal, person, vehicle, confidence, detections)
select i.id, i.project_id, i.deployment_id, i.ingest_id, i.captured_at,
extract(hour from i.captured_at at time zone p.timezone), coalesce("i"."captured_at" < "p"."starts_at"
or "i"."captured_at" > "p"."ends_at", false), i.dst_issue,
latest.id is not null, latest.id, case when annotated.yes then review.id end,
observed.animal, observed.person, observed.vehicle,
(annotated.yes or latest.id is not null) and observed.confidence is null,
case
  when not annotated.yes then "inferred"."animal"
  when "observed"."animal" then 1 end, case
  when not annotated.yes then "inferred"."person"
  when "observed"."person" then 1 end, case
  when not annotated.yes then "inferred"."vehicle"
  when "observed"."vehicle" then 1 end,
observed.confidence, inferred.detections
from images i
left join lateral (
select r.id, r.observations from reviews r
where r.image_id = i.id and r.undone_at is null order by r.id desc limit 1
) review on true
left join lateral (
select f.id, m.threshold from inferences f join models m on m.id = f.model_id
where f.image_id = i.id order by f.id + 0 desc limit 1
) latest on true
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
from detections d where d.inference_id = latest.id and not exists (select 1 from static_detections b
where b.id = d.static_detection_id and b.dismissed_at is null)) inferred
where "i"."id" = any($1::bigint[])
on conflict (image_id) do update set
deployment_id = excluded.deployment_id, captured_at = excluded.captured_at, local_hour = excluded.local_hour,
outside_deployment = excluded.outside_deployment, dst_issue = excluded.dst_issue, processed = excluded.processed,
inference_id = excluded.inference_id, review_id = excluded.review_id, has_animal = excluded.has_animal,
has_person = excluded.has_person, has_vehicle = excluded.has_vehicle, blank = excluded.blank,
animal = excluded.animal, person = excluded.person, vehicle = excluded.vehicle,
confidence = excluded.confidence, detections = excluded.detections;

with formed as materialized (
select s.project_id, s.deployment_id, o.category, kind.label, s.image_id, sum(o.individuals) as individuals,
  max(o.confidence) as confidence, s.review_id is not null as reviewed
from image_summaries s join observations o on o.image_id = s.image_id
cross join lateral (values (null), (o.label)) as kind (label)
where "s"."image_id" = any($1::bigint[]) and (s.captured_at is null or s.deployment_id is null)
group by s.image_id, o.category, kind.label
), deleted as (
delete from events e where e.starts_at is null and "e"."first_image_id" = any($2::bigint[]) and not exists (
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
individuals = excluded.individuals, confidence = excluded.confidence, reviewed = excluded.reviewed;

-- ImageRepository.listOfDeployment
select "id"
from "images"
where "deployment_id" = $1 and "id" > $2
order by "id"
limit $3;

-- ImageRepository.countOfDeployment
select count(*) as "count"
from "images"
where "deployment_id" = $1;
