-- The SQL of the reads of this feature, and of the larger writes.
-- Written by libs/db/src/testing/sql-snapshots.int-spec.ts: run it with UPDATE_SNAPSHOTS=1 after a change.

-- countWaiting
select count(*)::int as count from (select 1 from tasks
where kind = $1 and state = 'waiting' limit $2) counted;

-- countOpenRuns
select count(*)::int as count from (
select 1 from runs r
where r.feed_pending and r.cancelled_at is null
  and (exists (select 1 from tasks t where t.run_id = r.id and t.state in ('waiting', 'queued', 'running'))
    or (r.retry_requested_at is not null or exists (
select 1 from ingests i join tasks t on t.kind = 'scan' and t.subject_id = i.id
where i.run_id = r.id and t.state in ('waiting', 'queued', 'running')
)))
limit $1
) counted;

-- EngineReportRepository.listRecent
select "worker", "engine"
from "engine_reports"
where "reported_at" > now() - $1 * interval '1 second'
order by "worker";
