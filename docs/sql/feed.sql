-- The SQL of the reads of this feature, and of the larger writes.
-- Written by libs/db/src/testing/sql-snapshots.int-spec.ts: run it with UPDATE_SNAPSHOTS=1 after a change.

-- findChangedRuns
with candidates (id) as (
select run_id from tasks where state = 'queued'
union select run_id from tasks where state = 'running'
union select run_id from tasks where kind in ('detect', 'classify') and state in ('done', 'failed')
  and finished_at > (select least(scanned_at, now()) - interval '10 seconds'
from feed_state)
union select i.run_id from tasks t join ingests i on i.id = t.subject_id
  where t.kind = 'scan' and t.state = 'waiting'
union select i.run_id from tasks t join ingests i on i.id = t.subject_id
  where t.kind = 'scan' and t.state = 'queued'
union select i.run_id from tasks t join ingests i on i.id = t.subject_id
  where t.kind = 'scan' and t.state = 'running'
union select i.run_id from tasks t join ingests i on i.id = t.subject_id
  where t.kind = 'scan' and t.state in ('done', 'failed') and t.finished_at > (select least(scanned_at, now()) - interval '10 seconds'
from feed_state)
union select subject_id from feed where topic = 'run' and latest and recheck
union select r.id from runs r left join feed f on f.topic = 'run' and f.subject_id = r.id and f.latest
  where r.feed_pending and (
    f.id is null or f.ended or r.cancelled_at is not null or r.reconciled_at > (select least(scanned_at, now()) - interval '10 seconds'
from feed_state)
    or r.priority <> (f.data ->> 'priority')::int or (r.paused_at is not null) <> (f.data ->> 'state' = 'paused'))
)
select id from candidates where id is not null order by id;

-- FeedRepository.beginScan, endScan
select 1
from feed_state
where next_scan_at <= clock_timestamp() for update skip locked;

update feed_state set scanned_at = now(),
next_scan_at = clock_timestamp() + greatest($1 * interval '1 millisecond',
  $2 * (clock_timestamp() - now()));

-- FeedRepository.append
select f.id, f.topic, f.subject_id as "subjectId", f.data, f.ended, f.recheck
from unnest($1::text[],
  $2::bigint[]) as s (topic, subject_id)
join feed f on f.topic = s.topic and f.subject_id = s.subject_id and f.latest;

update feed set recheck = not recheck where id = any($1::bigint[]);

update feed set latest = false where id = any($1::bigint[]);

insert into "feed" ("topic", "subject_id", "project_id", "data", "ended", "recheck") values ($1, $2, $3, $4, $5, $6);

update "runs" set feed_pending = $1
where id = any($2::bigint[]) and feed_pending = $3;

-- FeedRepository.deleteExpired
with deleted as (
delete from feed where id in (
  select id from feed where at < now() - interval '1 day' and (not latest or ended)
    order by at limit $1
) returning id
)
update feed_state set deleted_up_to = greatest(deleted_up_to, (select max(id) from deleted))
where exists (select 1 from deleted);

-- FeedRepository.readBounds
select greatest(deleted_up_to, (select max(id) from feed)) as newest, deleted_up_to as "deletedUpTo"
from feed_state;

-- FeedRepository.rows
select id, project_id as "projectId", topic, data from feed
where true and id > $1 and id <= $2 and topic = any($3::text[]) and (topic = 'incident' or project_id = any($4::bigint[]))
order by id limit $5;

-- FeedRepository.listNotEnded
select id, project_id as "projectId", topic, data from feed
where latest and not ended and id > $1 and id <= $2 and topic = any($3::text[]) and true
order by id limit $4;

-- ExportRepository.listFeedPending
select "exports".*, "tasks"."state" as "task_state", "tasks"."error_code", "tasks"."error_message", coalesce(exports.expires_at < now(), false) as "expired" from "exports" inner join "tasks" on "tasks"."subject_id" = "exports"."id" and "tasks"."kind" = $1 where (exports.feed_pending or (exports.expires_at > (select least(scanned_at, now()) - interval '10 seconds'
from feed_state) and exports.expires_at < now())) order by "exports"."id";
