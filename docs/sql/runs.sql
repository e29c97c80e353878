-- The SQL of the reads of this feature, and of the larger writes.
-- Written by libs/db/src/testing/sql-snapshots.int-spec.ts: run it with UPDATE_SNAPSHOTS=1 after a change.

-- findRun
/* prepared */
select r.id, r.project_id as "projectId", m.name as "modelName", m.version as "modelVersion", r.priority,
  case when c.id is not null then jsonb_build_object('name', c.name, 'version', c.version, 'category',
    r.classify_category, 'threshold', r.classify_threshold) end as classify,
  r.cancelled_at as "cancelledAt", r.paused_at as "pausedAt", r.created_at as "createdAt",
  (r.retry_requested_at is not null or exists (
select 1 from ingests i join tasks t on t.kind = 'scan' and t.subject_id = i.id
where i.run_id = r.id and t.state in ('waiting', 'queued', 'running')
)) as growing,
  (select coalesce(jsonb_object_agg(c.state, c.count), '{}')
    from (select case when "r"."cancelled_at" is not null
and t.state in ('waiting', 'queued', 'running') then 'cancelled' else t.state end as state, sum(t.count) as count from task_counts t where t.run_id = r.id
      group by 1 having sum(t.count) <> 0) c) as counts
from runs r join models m on m.id = r.model_id left join models c on c.id = r.classifier_id
where r.id = $1 order by r.id limit $2;

-- listRuns
/* prepared */
select r.id, r.project_id as "projectId", m.name as "modelName", m.version as "modelVersion", r.priority,
  case when c.id is not null then jsonb_build_object('name', c.name, 'version', c.version, 'category',
    r.classify_category, 'threshold', r.classify_threshold) end as classify,
  r.cancelled_at as "cancelledAt", r.paused_at as "pausedAt", r.created_at as "createdAt",
  (r.retry_requested_at is not null or exists (
select 1 from ingests i join tasks t on t.kind = 'scan' and t.subject_id = i.id
where i.run_id = r.id and t.state in ('waiting', 'queued', 'running')
)) as growing,
  (select coalesce(jsonb_object_agg(c.state, c.count), '{}')
    from (select case when "r"."cancelled_at" is not null
and t.state in ('waiting', 'queued', 'running') then 'cancelled' else t.state end as state, sum(t.count) as count from task_counts t where t.run_id = r.id
      group by 1 having sum(t.count) <> 0) c) as counts
from runs r join models m on m.id = r.model_id left join models c on c.id = r.classifier_id
where r.project_id = $1 and r.id > $2 order by r.id limit $3;

-- countTasks, of a run
select case when "r"."cancelled_at" is not null
and t.state in ('waiting', 'queued', 'running') then 'cancelled' else t.state end as state, sum(t.count)::int as count
from task_counts t left join runs r on r.id = t.run_id
where t.run_id = $1 group by 1;

-- countUnpausedTasks
select coalesce(sum(t.count), 0)::int as open, coalesce(sum(t.count) filter (where r.paused_at is null), 0)::int
as moving
from task_counts t left join runs r on r.id = t.run_id
where t.kind = $1 and t.state in ('waiting', 'queued', 'running') and r.cancelled_at is null;

-- countRecentlyFinished
select count(*)::int as "finished", coalesce(extract(epoch from now() - min(coalesce(started_at, finished_at))), 0)::float8 as "seconds"
from "tasks"
where "kind" = $1 and "state" in ($2, $3) and "finished_at" > now() - $4 * interval '1 second' and "run_id" = $5;

-- countRecentlyFinishedByRun
select count(*)::int as "finished", coalesce(extract(epoch from now() - min(coalesce(started_at, finished_at))), 0)::float8 as "seconds", "run_id"
from "tasks"
where "kind" = $1 and "state" in ($2, $3) and "finished_at" > now() - $4 * interval '1 second' and "run_id" is not null
group by "run_id";

-- summariseRun
select
(select coalesce(sum(count), 0)::int from task_counts where run_id = $1 and kind = 'detect') as images,
coalesce(sum(blanks), 0)::int as blanks, coalesce(sum(animals), 0)::int as animals, coalesce(sum(people), 0)::int
  as people,
coalesce(sum(vehicles), 0)::int as vehicles,
(select coalesce(sum(count), 0)::int from task_counts
  where run_id = $2 and kind = 'detect' and state = 'failed') as failed,
coalesce(sum(truncated), 0)::int as truncated,
  coalesce(array_agg(distinct engine) filter (where engine is not null), '{}') as engines
from run_counts where run_id = $3;

-- findTaskOf
select "state", "error_code" as "errorCode", "error_message" as "errorMessage"
from "tasks"
where "kind" = $1 and "subject_id" = $2
order by "id" desc
limit $3;

-- compareRuns
with a as (
select t.subject_id as image_id, coalesce(found.verdict, 'blank') as verdict, coalesce(found.categories, '{}')
  as categories, found.confidence
from tasks t
join runs r on r.id = t.run_id
join models m on m.id = r.model_id
join inferences i on i.image_id = t.subject_id and i.model_id = r.model_id and i.stage = 'detect'
left join lateral (
  select (array_agg(d.category order by d.confidence desc, d.id))[1] as verdict, max(d.confidence) as confidence,
    array_agg(distinct d.category order by d.category) as categories
  from detections d where d.inference_id = i.id and d.confidence >= coalesce($1::real, m.threshold)
  having count(*) > 0
) found on true
where t.run_id = $2 and t.kind = 'detect' and t.state = 'done'), b as (
select t.subject_id as image_id, coalesce(found.verdict, 'blank') as verdict, coalesce(found.categories, '{}')
  as categories, found.confidence
from tasks t
join runs r on r.id = t.run_id
join models m on m.id = r.model_id
join inferences i on i.image_id = t.subject_id and i.model_id = r.model_id and i.stage = 'detect'
left join lateral (
  select (array_agg(d.category order by d.confidence desc, d.id))[1] as verdict, max(d.confidence) as confidence,
    array_agg(distinct d.category order by d.category) as categories
  from detections d where d.inference_id = i.id and d.confidence >= coalesce($3::real, m.threshold)
  having count(*) > 0
) found on true
where t.run_id = $4 and t.kind = 'detect' and t.state = 'done')
select a.verdict as a, b.verdict as b, count(*)::int as images,
  count(*) filter (where a.categories = b.categories)::int as agreeing
from a join b using (image_id) group by 1, 2;

with a as (
select t.subject_id as image_id, coalesce(found.verdict, 'blank') as verdict, coalesce(found.categories, '{}')
  as categories, found.confidence
from tasks t
join runs r on r.id = t.run_id
join models m on m.id = r.model_id
join inferences i on i.image_id = t.subject_id and i.model_id = r.model_id and i.stage = 'detect'
left join lateral (
  select (array_agg(d.category order by d.confidence desc, d.id))[1] as verdict, max(d.confidence) as confidence,
    array_agg(distinct d.category order by d.category) as categories
  from detections d where d.inference_id = i.id and d.confidence >= coalesce($1::real, m.threshold)
  having count(*) > 0
) found on true
where t.run_id = $2 and t.kind = 'detect' and t.state = 'done'), b as (
select t.subject_id as image_id, coalesce(found.verdict, 'blank') as verdict, coalesce(found.categories, '{}')
  as categories, found.confidence
from tasks t
join runs r on r.id = t.run_id
join models m on m.id = r.model_id
join inferences i on i.image_id = t.subject_id and i.model_id = r.model_id and i.stage = 'detect'
left join lateral (
  select (array_agg(d.category order by d.confidence desc, d.id))[1] as verdict, max(d.confidence) as confidence,
    array_agg(distinct d.category order by d.category) as categories
  from detections d where d.inference_id = i.id and d.confidence >= coalesce($3::real, m.threshold)
  having count(*) > 0
) found on true
where t.run_id = $4 and t.kind = 'detect' and t.state = 'done')
select c.category,
  count(*) filter (where a.has)::int as a, count(*) filter (where b.has)::int as b,
    count(*) filter (where a.has and b.has)::int as both
from (select a.categories as in_a, b.categories as in_b from a join b using (image_id)) pair
cross join unnest($5::text[]) as c (category)
cross join lateral (select case when c.category = 'blank' then pair.in_a = '{}'
  else c.category = any(pair.in_a) end as has) a
cross join lateral (select case when c.category = 'blank' then pair.in_b = '{}'
  else c.category = any(pair.in_b) end as has) b
group by c.category;

select count(*) filter (where in_a and not in_b)::int as a, count(*) filter (where in_b and not in_a)::int as b
from (
  select subject_id, bool_or(run_id = $1) as in_a, bool_or(run_id = $2) as in_b
  from tasks where run_id in ($3, $4) and kind = 'detect' and state = 'done' group by subject_id
) processed;

-- listComparedImages
with a as (
select t.subject_id as image_id, coalesce(found.verdict, 'blank') as verdict, coalesce(found.categories, '{}')
  as categories, found.confidence
from tasks t
join runs r on r.id = t.run_id
join models m on m.id = r.model_id
join inferences i on i.image_id = t.subject_id and i.model_id = r.model_id and i.stage = 'detect'
left join lateral (
  select (array_agg(d.category order by d.confidence desc, d.id))[1] as verdict, max(d.confidence) as confidence,
    array_agg(distinct d.category order by d.category) as categories
  from detections d where d.inference_id = i.id and d.confidence >= coalesce($1::real, m.threshold)
  having count(*) > 0
) found on true
where t.run_id = $2 and t.kind = 'detect' and t.state = 'done'), b as (
select t.subject_id as image_id, coalesce(found.verdict, 'blank') as verdict, coalesce(found.categories, '{}')
  as categories, found.confidence
from tasks t
join runs r on r.id = t.run_id
join models m on m.id = r.model_id
join inferences i on i.image_id = t.subject_id and i.model_id = r.model_id and i.stage = 'detect'
left join lateral (
  select (array_agg(d.category order by d.confidence desc, d.id))[1] as verdict, max(d.confidence) as confidence,
    array_agg(distinct d.category order by d.category) as categories
  from detections d where d.inference_id = i.id and d.confidence >= coalesce($3::real, m.threshold)
  having count(*) > 0
) found on true
where t.run_id = $4 and t.kind = 'detect' and t.state = 'done')
select a.image_id as "imageId", a.categories = b.categories as agree,
  jsonb_build_object('verdict', a.verdict, 'categories', a.categories, 'confidence', a.confidence) as a,
  jsonb_build_object('verdict', b.verdict, 'categories', b.categories, 'confidence', b.confidence) as b
from a join b using (image_id)
where a.image_id > $5 and a.categories <> b.categories
order by a.image_id limit $6;

-- RunRepository.createTasksForImages
with chosen as (
select s.image_id from image_summaries s
where true and s.project_id = $1 and s.image_id > $2
  order by s.image_id limit $3
), added as (
insert into tasks (kind, subject_id, run_id, priority, traceparent)
select 'detect', image_id, $4::bigint, $5::smallint, $6::text from chosen
  order by image_id
)
select count(*)::int as count, max(image_id) as last from chosen;

-- RunControlRepository.pause
update "runs" set "paused_at" = now() where "id" = $1 and "paused_at" is null;

with chunk as (
select l.id, r.priority, r.paused_at from runs r cross join lateral (
select id from (select t.id from tasks t where t.run_id = r.id and t.state = 'queued' and not t.paused
order by t.priority limit $1 for update skip locked) chunk) l
where r.id = any($2::bigint[]) and r.paused_at is not null limit $3
), changed as (
update tasks t set state = 'waiting', paused = true, queued_at = null from chunk c where t.id = c.id returning t.run_id
)
select run_id as "runId", count(*)::int as count from changed group by run_id;

with chunk as (
select l.id, r.priority, r.paused_at from runs r cross join lateral (
select id from (select t.id from tasks t where t.run_id = r.id and t.state = 'waiting' and not t.paused
order by t.priority limit $1 for update skip locked) chunk) l
where r.id = any($2::bigint[]) and r.paused_at is not null limit $3
), changed as (
update tasks t set paused = true from chunk c where t.id = c.id returning t.run_id
)
select run_id as "runId", count(*)::int as count from changed group by run_id;

update runs set reconciled_at = clock_timestamp()
where id in (select id from runs
  where id = any($1::bigint[]) for no key update skip locked);

-- RunControlRepository.setPriority
update "runs" set "priority" = $1, "priority_changed_at" = now() where "id" = $2;

with chunk as (
select l.id, r.priority, r.paused_at from runs r cross join lateral (
select id from (select t.id from tasks t where t.run_id = r.id and t.state = 'waiting' and not t.paused and t.priority < r.priority
order by t.priority limit $1 for update skip locked) chunk union all
select id from (select t.id from tasks t where t.run_id = r.id and t.state = 'waiting' and not t.paused and t.priority > r.priority
order by t.priority limit $2 for update skip locked) chunk union all
select id from (select t.id from tasks t where t.run_id = r.id and t.state = 'waiting' and t.paused and t.priority < r.priority
order by t.priority limit $3 for update skip locked) chunk union all
select id from (select t.id from tasks t where t.run_id = r.id and t.state = 'waiting' and t.paused and t.priority > r.priority
order by t.priority limit $4 for update skip locked) chunk union all
select id from (select t.id from tasks t where t.run_id = r.id and t.state = 'queued' and not t.paused and t.priority < r.priority
order by t.priority limit $5 for update skip locked) chunk union all
select id from (select t.id from tasks t where t.run_id = r.id and t.state = 'queued' and not t.paused and t.priority > r.priority
order by t.priority limit $6 for update skip locked) chunk union all
select id from (select t.id from tasks t where t.run_id = r.id and t.state = 'running' and not t.paused and t.priority < r.priority
order by t.priority limit $7 for update skip locked) chunk union all
select id from (select t.id from tasks t where t.run_id = r.id and t.state = 'running' and not t.paused and t.priority > r.priority
order by t.priority limit $8 for update skip locked) chunk) l
where r.id = any($9::bigint[]) and r.priority_changed_at is not null limit $10
), changed as (
update tasks t set priority = c.priority from chunk c where t.id = c.id returning t.run_id
)
select run_id as "runId", count(*)::int as count from changed group by run_id;

update runs set reconciled_at = clock_timestamp()
where id in (select id from runs
  where id = any($1::bigint[]) for no key update skip locked);

-- RunControlRepository.retry
update "runs" set "retry_requested_at" = clock_timestamp(), "feed_pending" = $1 where "id" = $2;

with chunk as (
select l.id, r.priority, r.paused_at from runs r cross join lateral (
select id from (select t.id from tasks t where t.run_id = r.id and t.state = 'failed' and not t.paused and t.finished_at <= r.retry_requested_at
and t.attempt <= 32000
order by t.priority limit $1 for update skip locked) chunk) l
where r.id = any($2::bigint[]) and r.retry_requested_at is not null limit $3
), changed as (
update tasks t set
state = 'waiting', paused = c.paused_at is not null, priority = c.priority, failures = 0, interruptions = 0,
run_at = now(),
queued_at = null, finished_at = null, error_code = null, error_message = null from chunk c where t.id = c.id returning t.run_id
)
select run_id as "runId", count(*)::int as count from changed group by run_id;

update runs r set retry_requested_at = null
where r.id = any($1::bigint[]) and r.retry_requested_at is not null
  and not exists (select 1 from tasks t where t.run_id = r.id and t.state = 'failed' and not t.paused and t.finished_at <= r.retry_requested_at
and t.attempt <= 32000);

-- RunControlRepository.resume
update "runs" set "paused_at" = $1, "reconciled_at" = clock_timestamp() where "id" = $2 and "paused_at" is not null;

with chunk as (
select l.id, r.priority, r.paused_at from runs r cross join lateral (
select id from (select t.id from tasks t where t.run_id = r.id and t.state = 'queued' and not t.paused
order by t.priority limit $1 for update skip locked) chunk) l
where r.id = any($2::bigint[]) and true limit $3
), changed as (
update tasks t set state = 'waiting', queued_at = null from chunk c where t.id = c.id returning t.run_id
)
select run_id as "runId", count(*)::int as count from changed group by run_id;

with chunk as (
select l.id, r.priority, r.paused_at from runs r cross join lateral (
select id from (select t.id from tasks t where t.run_id = r.id and t.state = 'waiting' and t.paused
order by t.priority limit $1 for update skip locked) chunk) l
where r.id = any($2::bigint[]) and r.paused_at is null and r.id in (
with recursive found (id) as (
(select run_id from tasks where paused order by run_id limit 1)
union all
select (select t.run_id from tasks t where t.paused and t.run_id > found.id order by t.run_id limit 1) from found
where found.id is not null
) select id from found where id is not null) and r.id <> all (array(select id from runs where cancelled_at is not null and cancel_completed_at is null)) limit $3
), changed as (
update tasks t set paused = false from chunk c where t.id = c.id returning t.run_id
)
select run_id as "runId", count(*)::int as count from changed group by run_id;

update runs set reconciled_at = clock_timestamp()
where id in (select id from runs
  where id = any($1::bigint[]) for no key update skip locked);

-- RunControlRepository.cancel
update "runs" set "cancelled_at" = now(), "paused_at" = $1, "retry_requested_at" = $2, "priority_changed_at" = $3 where "id" = $4 and "cancelled_at" is null;

with chunk as (
select l.id, r.priority, r.paused_at from runs r cross join lateral (
select id from (select t.id from tasks t where t.run_id = r.id and t.state = 'queued' and not t.paused
order by t.priority limit $1 for update skip locked) chunk union all
select id from (select t.id from tasks t where t.run_id = r.id and t.state = 'running' and not t.paused
order by t.priority limit $2 for update skip locked) chunk) l
where r.id = any($3::bigint[]) and r.cancelled_at is not null and r.cancel_completed_at is null limit $4
), changed as (
update tasks t set state = 'cancelled', paused = false, finished_at = now(), owner = null, lease_until = null,
queued_at = null from chunk c where t.id = c.id returning t.run_id
)
select run_id as "runId", count(*)::int as count from changed group by run_id;

-- RunControlRepository.reconcile
select r.id
from runs r
where r.cancelled_at is not null and r.cancel_completed_at is null;

with chunk as (
select l.id, r.priority, r.paused_at from runs r cross join lateral (
select id from (select t.id from tasks t where t.run_id = r.id and t.state = 'waiting' and not t.paused
order by t.priority limit $1 for update skip locked) chunk union all
select id from (select t.id from tasks t where t.run_id = r.id and t.state = 'waiting' and t.paused
order by t.priority limit $2 for update skip locked) chunk union all
select id from (select t.id from tasks t where t.run_id = r.id and t.state = 'queued' and not t.paused
order by t.priority limit $3 for update skip locked) chunk union all
select id from (select t.id from tasks t where t.run_id = r.id and t.state = 'running' and not t.paused
order by t.priority limit $4 for update skip locked) chunk) l
where r.id = any($5::bigint[]) and r.cancelled_at is not null and r.cancel_completed_at is null limit $6
), changed as (
update tasks t set state = 'cancelled', paused = false, finished_at = now(), owner = null, lease_until = null,
queued_at = null from chunk c where t.id = c.id returning t.run_id
)
select run_id as "runId", count(*)::int as count from changed group by run_id;

update runs set reconciled_at = clock_timestamp()
where id in (select id from runs
  where id = any($1::bigint[]) for no key update skip locked);

select r.id
from runs r
where r.paused_at is not null;

select r.id from runs r where r.paused_at is null and r.id in (
with recursive found (id) as (
  (select run_id from tasks where paused order by run_id limit 1)
  union all
  select (select t.run_id from tasks t where t.paused and t.run_id > found.id order by t.run_id limit 1) from found
    where found.id is not null
) select id from found where id is not null) and r.id <> all (array(select id from runs where cancelled_at is not null and cancel_completed_at is null));

select r.id
from runs r
where r.retry_requested_at is not null;

select r.id
from runs r
where r.priority_changed_at is not null;

select 1 from runs where retry_requested_at is not null or priority_changed_at is not null
limit 1;

-- RunCountsRepository.add
insert into run_counts (run_id, engine, images, blanks, animals, people, vehicles, truncated)
select found.run_id, found.engine, $1 * count(*), $2 * count(*) filter (where animal is null),
  $3 * count(*) filter (where animal), $4 * count(*) filter (where person),
  $5 * count(*) filter (where vehicle), $6 * count(*) filter (where warning is not null)
from (
  select t.run_id, i.engine, i.warning, bool_or(d.category = 'animal') as animal, bool_or(d.category = 'person')
    as person, bool_or(d.category = 'vehicle') as vehicle
  from tasks t join runs r on r.id = t.run_id join models m on m.id = r.model_id
  join inferences i on i.image_id = t.subject_id and i.model_id = r.model_id
  left join detections d on d.inference_id = i.id and d.confidence >= m.threshold
  where t.id = any($7::bigint[]) group by t.run_id, i.id
) found group by found.run_id, found.engine;

-- RunCountsRepository.compact
select pg_try_advisory_xact_lock($1::int, $2::int) as free;

with oversized as (select kind, run_id, state from task_counts group by kind, run_id, state
having count(*) > $1),
deleted as (
  delete from task_counts t using oversized c
  where t.kind = c.kind and t.state = c.state and t.run_id is not distinct from c.run_id
    returning t.kind, t.run_id, t.state, t.count)
insert into task_counts (kind, run_id, state, count)
select kind, run_id, state, sum(count) from deleted
group by kind, run_id, state having sum(count) <> 0;

with oversized as (select project_id, deployment_id from image_counts_by_hour group by project_id, deployment_id
having count(*) > $1),
deleted as (
  delete from image_counts_by_hour t using oversized c
  where t.project_id = c.project_id and t.deployment_id is not distinct from c.deployment_id returning t.*)
insert into image_counts_by_hour (project_id, deployment_id, local_hour, has_time, processed, reviewed, has_animal, has_person, has_vehicle, blank, count, detections)
select project_id, deployment_id, local_hour, has_time, processed, reviewed, has_animal, has_person, has_vehicle, blank, sum(count), sum(detections) from deleted group by project_id, deployment_id, local_hour, has_time, processed, reviewed, has_animal, has_person, has_vehicle, blank
having sum(count) <> 0 or sum(detections) <> 0;

with oversized as (select project_id from project_changes group by project_id
having count(*) > $1),
deleted as (delete from project_changes t using oversized c where t.project_id = c.project_id returning t.*)
insert into project_changes (project_id, count) select project_id, sum(count) from deleted
group by project_id;

with oversized as (select run_id from run_counts group by run_id having count(*) > $1),
deleted as (delete from run_counts t using oversized c where t.run_id = c.run_id returning t.*)
insert into run_counts (run_id, engine, images, blanks, animals, people, vehicles, truncated)
select run_id, engine, sum(images), sum(blanks), sum(animals), sum(people), sum(vehicles), sum(truncated)
from deleted group by run_id, engine;
