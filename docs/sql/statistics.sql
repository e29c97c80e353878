-- The SQL of the reads of this feature, and of the larger writes.
-- Written by libs/db/src/testing/sql-snapshots.int-spec.ts: run it with UPDATE_SNAPSHOTS=1 after a change.

-- readStudySummary, by category
with part as (
select count, detections, processed, blank, has_animal, has_person, has_vehicle, reviewed, day is null as timeless
from image_counts_by_day c where c.project_id = $1 and c.day >= $2::date and c.day < $3::date union all
select 1 as count, detections, processed, blank, has_animal, has_person, has_vehicle, review_id is not null
  as reviewed, captured_at is null as timeless
from image_summaries s where true and s.project_id = $4 and s.captured_at >= $5 and s.captured_at < $6 union all
select 1 as count, detections, processed, blank, has_animal, has_person, has_vehicle, review_id is not null
  as reviewed, captured_at is null as timeless
from image_summaries s where true and s.project_id = $7 and s.captured_at >= $8 and s.captured_at < $9), total as (
  select coalesce(sum(count), 0)::bigint as images, coalesce(sum(detections), 0)::bigint as detections,
    coalesce(sum(count) filter (where "processed"), 0)::bigint as "processed", coalesce(sum(count) filter (where "blank"), 0)::bigint as "blank",
    coalesce(sum(count) filter (where "has_animal"), 0)::bigint as "has_animal", coalesce(sum(count) filter (where "has_person"), 0)::bigint as "has_person", coalesce(sum(count) filter (where "has_vehicle"), 0)::bigint as "has_vehicle", coalesce(sum(count) filter (where "reviewed"), 0)::bigint as "reviewed",
      coalesce(sum(count) filter (where "timeless"), 0)::bigint as "timeless"
  from part
), failed as (select count(*) as images from image_summaries s
  where true and s.project_id = $10 and s.captured_at >= $11 and s.captured_at < $12 and not s.processed and exists (select 1 from tasks t
where t.kind = 'detect' and t.state = 'failed' and t.subject_id = s.image_id  ))
select total.images, processed, total.images - processed - failed.images as pending, failed.images as failed,
  blank, has_animal as animal,
  has_person as person, has_vehicle as vehicle, reviewed, timeless as "withoutTime", detections
from total, failed;

select coalesce(sum(count), 0)::bigint as version from project_changes
where project_id = $1;

with counted as materialized (
select e.category, null::text as label, null::text as key, count(*)
  as events, sum(e.individuals) as individuals,
  count(e.starts_at) as "withTime", count(*) filter (where e.starts_at between d.starts_at
    and coalesce(d.ends_at, 'infinity')) as "withinDeployment", min(e.starts_at) as first, max(e.ends_at) as last
from events e left join deployments d on d.id = e.deployment_id where e.project_id = $1 and e.label is null and e.starts_at >= $2 and e.starts_at < $3
  group by 1, 2, 3), named as (select * from counted)
select category, label, key::text as key, sum(events)::bigint as events, sum(individuals)::bigint as individuals,
  sum("withTime")::bigint as "withTime", sum("withinDeployment")::bigint as "withinDeployment",
  min(first) as "firstSeen", max(last) as "lastSeen"
from named group by category, label, named.key order by category, label, named.key;

select d.id, d.name, l.id as "locationId", l.name as "locationName", l.latitude, l.longitude,
day.first::text as "from", day.last::text as "to", case when d.starts_at
  is not null then greatest(day.last - day.first, 0) end as nights,
($1::timestamptz at time zone d.timezone)::date::text as "filterFrom",
(($2::timestamptz - interval '1 microsecond') at time zone d.timezone)::date::text as "filterTo"
from deployments d left join locations l on l.id = d.location_id
left join lateral (
select (greatest(d.starts_at, $3::timestamptz) at time zone d.timezone)::date as first,
  (least(d.ends_at, $4::timestamptz, now()) at time zone d.timezone)::date as last
) day on d.starts_at is not null
where d.project_id = $5
order by d.id;

-- readStudySummary, by label and hour
with part as (
select count, detections, processed, blank, has_animal, has_person, has_vehicle, reviewed, not has_time as timeless
from image_counts_by_hour c where c.project_id = $1 and c.local_hour = any($2::smallint[])), total as (
  select coalesce(sum(count), 0)::bigint as images, coalesce(sum(detections), 0)::bigint as detections,
    coalesce(sum(count) filter (where "processed"), 0)::bigint as "processed", coalesce(sum(count) filter (where "blank"), 0)::bigint as "blank",
    coalesce(sum(count) filter (where "has_animal"), 0)::bigint as "has_animal", coalesce(sum(count) filter (where "has_person"), 0)::bigint as "has_person", coalesce(sum(count) filter (where "has_vehicle"), 0)::bigint as "has_vehicle", coalesce(sum(count) filter (where "reviewed"), 0)::bigint as "reviewed",
      coalesce(sum(count) filter (where "timeless"), 0)::bigint as "timeless"
  from part
), failed as (select count(*) as images from image_summaries s
  where true and s.project_id = $3 and s.local_hour = any($4::smallint[]) and not s.processed and exists (select 1 from tasks t
where t.kind = 'detect' and t.state = 'failed' and t.subject_id = s.image_id  ))
select total.images, processed, total.images - processed - failed.images as pending, failed.images as failed,
  blank, has_animal as animal,
  has_person as person, has_vehicle as vehicle, reviewed, timeless as "withoutTime", detections
from total, failed;

select coalesce(sum(count), 0)::bigint as version from project_changes
where project_id = $1;

with counted as materialized (
select e.category, e.label as label, null::text as key, count(*)
  as events, sum(e.individuals) as individuals,
  count(e.starts_at) as "withTime", count(*) filter (where e.starts_at between d.starts_at
    and coalesce(d.ends_at, 'infinity')) as "withinDeployment", min(e.starts_at) as first, max(e.ends_at) as last
from events e left join deployments d on d.id = e.deployment_id where e.project_id = $1 and e.label is not null and date_part('hour', e.local_start) = any($2::float8[])
  group by 1, 2, 3),
ranked as (select category, label from counted group by category, label
  order by sum(events) desc, category, label limit $3),
named as (
  select r.category, r.label, c.key, c.events, c.individuals, c."withTime", c."withinDeployment", c.first, c.last
  from counted c left join ranked r on r.category = c.category and r.label = c.label)
select category, label, key::text as key, sum(events)::bigint as events, sum(individuals)::bigint as individuals,
  sum("withTime")::bigint as "withTime", sum("withinDeployment")::bigint as "withinDeployment",
  min(first) as "firstSeen", max(last) as "lastSeen"
from named group by category, label, named.key order by category, label, named.key;

select d.id, d.name, l.id as "locationId", l.name as "locationName", l.latitude, l.longitude,
day.first::text as "from", day.last::text as "to", case when d.starts_at
  is not null then greatest(day.last - day.first, 0) end as nights,
($1::timestamptz at time zone d.timezone)::date::text as "filterFrom",
(($2::timestamptz - interval '1 microsecond') at time zone d.timezone)::date::text as "filterTo"
from deployments d left join locations l on l.id = d.location_id
left join lateral (
select (greatest(d.starts_at, $3::timestamptz) at time zone d.timezone)::date as first,
  (least(d.ends_at, $4::timestamptz, now()) at time zone d.timezone)::date as last
) day on d.starts_at is not null
where d.project_id = $5
order by d.id;

-- readActivity
with counted as materialized (
select e.category, null::text as label, date_part('hour', e.local_start) as key, count(*)
  as events, sum(e.individuals) as individuals,
  count(e.starts_at) as "withTime", count(*) filter (where e.starts_at between d.starts_at
    and coalesce(d.ends_at, 'infinity')) as "withinDeployment", min(e.starts_at) as first, max(e.ends_at) as last
from events e left join deployments d on d.id = e.deployment_id where e.project_id = $1 and e.label is null
  group by 1, 2, 3), named as (select * from counted)
select category, label, key::text as key, sum(events)::bigint as events, sum(individuals)::bigint as individuals,
  sum("withTime")::bigint as "withTime", sum("withinDeployment")::bigint as "withinDeployment",
  min(first) as "firstSeen", max(last) as "lastSeen"
from named group by category, label, named.key order by category, label, named.key;

select coalesce(sum(count), 0)::bigint as version from project_changes
where project_id = $1;

-- readCaptureRates
with counted as materialized (
select e.category, e.label as label, e.deployment_id as key, count(*)
  as events, sum(e.individuals) as individuals,
  count(e.starts_at) as "withTime", count(*) filter (where e.starts_at between d.starts_at
    and coalesce(d.ends_at, 'infinity')) as "withinDeployment", min(e.starts_at) as first, max(e.ends_at) as last
from events e left join deployments d on d.id = e.deployment_id where e.project_id = $1 and e.label is not null
  group by 1, 2, 3),
ranked as (select category, label from counted group by category, label
  order by sum(events) desc, category, label limit $2),
named as (
  select r.category, r.label, c.key, c.events, c.individuals, c."withTime", c."withinDeployment", c.first, c.last
  from counted c left join ranked r on r.category = c.category and r.label = c.label)
select category, label, key::text as key, sum(events)::bigint as events, sum(individuals)::bigint as individuals,
  sum("withTime")::bigint as "withTime", sum("withinDeployment")::bigint as "withinDeployment",
  min(first) as "firstSeen", max(last) as "lastSeen"
from named group by category, label, named.key order by category, label, named.key;

select coalesce(sum(count), 0)::bigint as version from project_changes
where project_id = $1;

select d.id, d.name, l.id as "locationId", l.name as "locationName", l.latitude, l.longitude,
day.first::text as "from", day.last::text as "to", case when d.starts_at
  is not null then greatest(day.last - day.first, 0) end as nights,
($1::timestamptz at time zone d.timezone)::date::text as "filterFrom",
(($2::timestamptz - interval '1 microsecond') at time zone d.timezone)::date::text as "filterTo"
from deployments d left join locations l on l.id = d.location_id
left join lateral (
select (greatest(d.starts_at, $3::timestamptz) at time zone d.timezone)::date as first,
  (least(d.ends_at, $4::timestamptz, now()) at time zone d.timezone)::date as last
) day on d.starts_at is not null
where d.project_id = $5
order by d.id;

-- readPresence
with counted as materialized (
select e.category, null::text as label, e.deployment_id as key, count(*)
  as events, sum(e.individuals) as individuals,
  count(e.starts_at) as "withTime", count(*) filter (where e.starts_at between d.starts_at
    and coalesce(d.ends_at, 'infinity')) as "withinDeployment", min(e.starts_at) as first, max(e.ends_at) as last
from events e left join deployments d on d.id = e.deployment_id where e.project_id = $1 and e.label is null
  group by 1, 2, 3), named as (select * from counted)
select category, label, key::text as key, sum(events)::bigint as events, sum(individuals)::bigint as individuals,
  sum("withTime")::bigint as "withTime", sum("withinDeployment")::bigint as "withinDeployment",
  min(first) as "firstSeen", max(last) as "lastSeen"
from named group by category, label, named.key order by category, label, named.key;

select coalesce(sum(count), 0)::bigint as version from project_changes
where project_id = $1;

select place::text, count(*) as days from (
select coalesce(d.location_id, -d.id) as place, e.local_start::date as day
from events e join deployments d on d.id = e.deployment_id
  where e.project_id = $1 and e.label is null and e.starts_at is not null group by 1, 2
) present group by place;

select d.id, d.name, l.id as "locationId", l.name as "locationName", l.latitude, l.longitude,
day.first::text as "from", day.last::text as "to", case when d.starts_at
  is not null then greatest(day.last - day.first, 0) end as nights,
($1::timestamptz at time zone d.timezone)::date::text as "filterFrom",
(($2::timestamptz - interval '1 microsecond') at time zone d.timezone)::date::text as "filterTo"
from deployments d left join locations l on l.id = d.location_id
left join lateral (
select (greatest(d.starts_at, $3::timestamptz) at time zone d.timezone)::date as first,
  (least(d.ends_at, $4::timestamptz, now()) at time zone d.timezone)::date as last
) day on d.starts_at is not null
where d.project_id = $5
order by d.id;

-- readTimeline
with counted as materialized (
select e.category, null::text as label, date_trunc('week', e.local_start) as key, count(*)
  as events, sum(e.individuals) as individuals,
  count(e.starts_at) as "withTime", count(*) filter (where e.starts_at between d.starts_at
    and coalesce(d.ends_at, 'infinity')) as "withinDeployment", min(e.starts_at) as first, max(e.ends_at) as last
from events e left join deployments d on d.id = e.deployment_id where e.project_id = $1 and e.label is null and e.starts_at >= $2 and e.starts_at < $3
  group by 1, 2, 3), named as (select * from counted)
select category, label, key::text as key, sum(events)::bigint as events, sum(individuals)::bigint as individuals,
  sum("withTime")::bigint as "withTime", sum("withinDeployment")::bigint as "withinDeployment",
  min(first) as "firstSeen", max(last) as "lastSeen"
from named group by category, label, named.key order by category, label, named.key;

select coalesce(sum(count), 0)::bigint as version from project_changes
where project_id = $1;

select d.id, d.name, l.id as "locationId", l.name as "locationName", l.latitude, l.longitude,
day.first::text as "from", day.last::text as "to", case when d.starts_at
  is not null then greatest(day.last - day.first, 0) end as nights,
($1::timestamptz at time zone d.timezone)::date::text as "filterFrom",
(($2::timestamptz - interval '1 microsecond') at time zone d.timezone)::date::text as "filterTo"
from deployments d left join locations l on l.id = d.location_id
left join lateral (
select (greatest(d.starts_at, $3::timestamptz) at time zone d.timezone)::date as first,
  (least(d.ends_at, $4::timestamptz, now()) at time zone d.timezone)::date as last
) day on d.starts_at is not null
where d.project_id = $5
order by d.id;

-- ImageCountRepository.compact
select pg_try_advisory_xact_lock($1::int, $2::int) as free;

with uncompacted as materialized (
select id, project_id, coalesce(deployment_id, 0) as deployment, coalesce(day, '-infinity') as day
  from image_counts_by_day where not compacted order by id limit $1
), keys as (
select distinct project_id, deployment, day from uncompacted
), deleted as (
delete from image_counts_by_day where id in (
  select id from uncompacted
  union all
  select f.id from keys k join image_counts_by_day f
    on f.project_id = k.project_id and coalesce(f.deployment_id, 0) = k.deployment
      and coalesce(f.day, '-infinity') = k.day where f.compacted)
returning *
), inserted as (
insert into image_counts_by_day (project_id, deployment_id, day, processed, reviewed, has_animal, has_person, has_vehicle, blank, compacted, count, detections)
select project_id, deployment_id, day, processed, reviewed, has_animal, has_person, has_vehicle, blank, true, sum(count), sum(detections) from deleted group by project_id, deployment_id, day, processed, reviewed, has_animal, has_person, has_vehicle, blank
  having sum(count) <> 0 or sum(detections) <> 0
)
select count(*) as uncompacted from uncompacted;
