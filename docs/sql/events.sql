-- The SQL of the reads of this feature, and of the larger writes.
-- Written by libs/db/src/testing/sql-snapshots.int-spec.ts: run it with UPDATE_SNAPSHOTS=1 after a change.

-- EventRepository.formStaleEvents
insert into stale_events (project_id, deployment_id, from_at, to_at)
select project_id, id, '-infinity', 'infinity' from deployments where id = $1;

/* prepared */ select distinct deployment_id as id from stale_events where deployment_id > $1 and project_id = $2
order by deployment_id limit 50;

select pg_try_advisory_xact_lock($1::int, $2::int) as free;

with deleted as (delete from stale_events where deployment_id = $1 returning from_at, to_at)
select min(from_at)::text as from, max(to_at)::text as to from deleted;

select captured_at::text as end from image_summaries
where deployment_id = $1 and captured_at > $2::timestamptz and captured_at < $3::timestamptz
order by captured_at limit 1 offset $4;

with place as materialized (
select d.id, d.project_id, d.timezone, l.longitude, p.event_gap_seconds * interval '1 second' as gap
from deployments d join projects p on p.id = d.project_id left join locations l on l.id = d.location_id
  where d.id = $1
), affected as materialized (
select e.id, e.category, e.label, e.starts_at, e.ends_at, e.first_image_id from events e, place
where e.deployment_id = place.id and e.starts_at <= $2::timestamptz + place.gap
  and e.ends_at >= $3::timestamptz - place.gap
), reach as (
select category, label, min(starts_at) as from_at, max(ends_at) as to_at from affected group by category, label
), observed as (
-- Twice: of its category, and of what it is called.
select o.category, kind.label, s.image_id, s.captured_at, sum(o.individuals) as individuals, max(o.confidence)
  as confidence, s.review_id is not null as reviewed
from image_summaries s join observations o on o.image_id = s.image_id
cross join lateral (values (null::text), (o.label)) as kind (label)
left join reach r on r.category = o.category and r.label is not distinct from kind.label
where s.deployment_id = $4
  and s.captured_at between least($5::timestamptz, (select min(from_at) from reach))
    and greatest($6::timestamptz, (select max(to_at) from reach))
  and s.captured_at between least($7::timestamptz, r.from_at) and greatest($8::timestamptz, r.to_at)
group by s.image_id, o.category, kind.label
), split as (
select observed.*, case when captured_at - lag(captured_at) over kinds <= place.gap then 0 else 1 end as starts
from observed, place window kinds as (partition by category, label order by captured_at, image_id)
), numbered as (
select split.*, sum(starts) over (partition by category, label order by captured_at, image_id) as number
  from split
), formed as materialized (
select category, label, (array_agg(image_id order by captured_at, image_id))[1] as first_image_id,
  (array_agg(image_id order by confidence desc, image_id))[1] as best_image_id, min(captured_at) as starts_at,
    max(captured_at) as ends_at,
  count(*) as images, max(individuals) as individuals, max(confidence) as confidence, bool_or(reviewed)
    as reviewed
from numbered group by category, label, number
), deleted as (
delete from events e using affected t
where e.id = t.id and not exists (
  select 1 from formed f where f.first_image_id = t.first_image_id and f.category = t.category and f.label
    is not distinct from t.label)
)
insert into events as e (project_id, deployment_id, category, label, first_image_id, best_image_id, starts_at,
ends_at, local_start, solar_hour,
images, individuals, confidence, reviewed)
select place.project_id, place.id, category, label, first_image_id, best_image_id, starts_at, ends_at,
starts_at at time zone place.timezone,
mod(floor(((extract(epoch from (starts_at at time zone 'UTC')::time)::float8 / 60 + 4 * place.longitude + (229.18 * (0.000075 + 0.001868 * cos((2 * pi() / 365 * (extract(doy
from (starts_at at time zone 'UTC'))::float8 - 1 + (extract(hour from (starts_at at time zone 'UTC'))::float8 - 12) / 24))) - 0.032077 * sin((2 * pi() / 365 * (extract(doy
from (starts_at at time zone 'UTC'))::float8 - 1 + (extract(hour from (starts_at at time zone 'UTC'))::float8 - 12) / 24)))
- 0.014615 * cos(2 * (2 * pi() / 365 * (extract(doy
from (starts_at at time zone 'UTC'))::float8 - 1 + (extract(hour from (starts_at at time zone 'UTC'))::float8 - 12) / 24))) - 0.040849 * sin(2 * (2 * pi() / 365 * (extract(doy
from (starts_at at time zone 'UTC'))::float8 - 1 + (extract(hour from (starts_at at time zone 'UTC'))::float8 - 12) / 24)))))) + 2880) / 60)::int, 24), images, individuals, confidence, reviewed
from formed, place
on conflict (first_image_id, category, (coalesce(label, '')), (coalesce(deployment_id, 0)), (starts_at is null))
do update set
best_image_id = excluded.best_image_id, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
  local_start = excluded.local_start,
solar_hour = excluded.solar_hour, images = excluded.images, individuals = excluded.individuals,
  confidence = excluded.confidence, reviewed = excluded.reviewed
where (e.best_image_id, e.starts_at, e.ends_at, e.local_start, e.solar_hour, e.images, e.individuals, e.confidence,
e.reviewed) is distinct from
(excluded.best_image_id, excluded.starts_at, excluded.ends_at, excluded.local_start, excluded.solar_hour,
  excluded.images, excluded.individuals, excluded.confidence, excluded.reviewed);

-- listEvents, by category
select e.id, e.project_id as "projectId", e.deployment_id as "deploymentId", d.name as "deploymentName", l.id
as "locationId", l.name as "locationName",
e.category, e.label, e.starts_at as "startsAt", e.ends_at as "endsAt", e.local_start as "localStart",
  e.solar_hour as "solarHour", e.images, e.individuals,
e.confidence, e.reviewed, e.first_image_id as "firstImageId", e.best_image_id as "bestImageId",
  (extract(epoch from e.starts_at) * 1000000)::bigint as at
from (select e.* from events e where  e.project_id = $1 and e.label is null and e.starts_at >= $2 and e.starts_at < $3 and e.starts_at is not null
and true order by e.starts_at asc, e.id asc limit 10) e left join deployments d on d.id = e.deployment_id left join locations l on l.id = d.location_id order by e.starts_at asc, e.id asc limit 10;

select e.id, e.project_id as "projectId", e.deployment_id as "deploymentId", d.name as "deploymentName", l.id
as "locationId", l.name as "locationName",
e.category, e.label, e.starts_at as "startsAt", e.ends_at as "endsAt", e.local_start as "localStart",
  e.solar_hour as "solarHour", e.images, e.individuals,
e.confidence, e.reviewed, e.first_image_id as "firstImageId", e.best_image_id as "bestImageId",
  (extract(epoch from e.starts_at) * 1000000)::bigint as at
from events e left join deployments d on d.id = e.deployment_id left join locations l on l.id = d.location_id where e.project_id = $1 and e.label is null and e.starts_at >= $2 and e.starts_at < $3 and e.starts_at is null and e.id > $4
order by e.id limit $5;

-- listEvents, by label at a location
/* prepared */
select e.id, e.project_id as "projectId", e.deployment_id as "deploymentId", d.name as "deploymentName", l.id
  as "locationId", l.name as "locationName",
  e.category, e.label, e.starts_at as "startsAt", e.ends_at as "endsAt", e.local_start as "localStart",
    e.solar_hour as "solarHour", e.images, e.individuals,
  e.confidence, e.reviewed, e.first_image_id as "firstImageId", e.best_image_id as "bestImageId",
    (extract(epoch from e.starts_at) * 1000000)::bigint as at
from (select e.* from (select id from deployments where location_id = $1) place
      cross join lateral (select e.* from events e where e.deployment_id = place.id and e.project_id = $2 and e.label = $3 and e.label is not null and e.starts_at is not null
  and (e.starts_at, e.id) < (('epoch'::timestamptz + $4::float8 * interval '1 microsecond'), $5) order by e.starts_at desc, e.id desc limit 10) e order by e.starts_at desc, e.id desc limit 10) e left join deployments d on d.id = e.deployment_id left join locations l on l.id = d.location_id order by e.starts_at desc, e.id desc limit 10;

select e.id, e.project_id as "projectId", e.deployment_id as "deploymentId", d.name as "deploymentName", l.id
as "locationId", l.name as "locationName",
e.category, e.label, e.starts_at as "startsAt", e.ends_at as "endsAt", e.local_start as "localStart",
  e.solar_hour as "solarHour", e.images, e.individuals,
e.confidence, e.reviewed, e.first_image_id as "firstImageId", e.best_image_id as "bestImageId",
  (extract(epoch from e.starts_at) * 1000000)::bigint as at
from events e left join deployments d on d.id = e.deployment_id left join locations l on l.id = d.location_id where e.project_id = $1 and e.label = $2 and e.label is not null and e.deployment_id in (select id from deployments where location_id = $3) and e.starts_at is null and e.id > $4
order by e.id limit $5;

-- findListedEvent
select e.id, e.project_id as "projectId", e.deployment_id as "deploymentId", d.name as "deploymentName", l.id
as "locationId", l.name as "locationName",
e.category, e.label, e.starts_at as "startsAt", e.ends_at as "endsAt", e.local_start as "localStart",
  e.solar_hour as "solarHour", e.images, e.individuals,
e.confidence, e.reviewed, e.first_image_id as "firstImageId", e.best_image_id as "bestImageId",
  (extract(epoch from e.starts_at) * 1000000)::bigint as at
from events e left join deployments d on d.id = e.deployment_id left join locations l on l.id = d.location_id where e.id = $1;

-- findEventImages
/* prepared */ select deployment_id as "deploymentId", category, label, first_image_id as "firstImageId", starts_at
as "startsAt", ends_at as "endsAt"
from events where id = $1;

/* prepared */ select project_id as id from "events" where id = $1;

select s.image_id as id from image_summaries s where true and s.project_id = $1 and s.image_id = $2
order by s.image_id limit $3;

-- readDeploymentImages
select s.image_id as id, (extract(epoch from s.captured_at) * 1000000)::bigint as at from image_summaries s
where s.deployment_id = $1 and (s.captured_at, s.image_id) > (('epoch'::timestamptz + $2::float8 * interval '1 microsecond'), $3) order by s.captured_at, s.image_id limit $4;
