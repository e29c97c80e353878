-- The SQL of the reads of this feature, and of the larger writes.
-- Written by libs/db/src/testing/sql-snapshots.int-spec.ts: run it with UPDATE_SNAPSHOTS=1 after a change.

-- IncidentRepository.page, open ones
select *
from "incidents"
where "resolved_at" is null and "id" < $1
order by "id" desc
limit $2;

-- IncidentRepository.listFeedPending
select *
from "incidents"
where feed_pending
order by "id";
