-- The SQL of the reads of this feature, and of the larger writes.
-- Written by libs/db/src/testing/sql-snapshots.int-spec.ts: run it with UPDATE_SNAPSHOTS=1 after a change.

-- BulkChangeRepository.find
select "bulk_changes".*, "tasks"."state" as "task_state", "tasks"."error_code", "tasks"."error_message", "tasks"."started_at", "tasks"."finished_at"
from "bulk_changes"
inner join "tasks" on "tasks"."subject_id" = "bulk_changes"."id" and "tasks"."kind" = 'derive'
where "bulk_changes"."id" = $1;

-- BulkChangeRepository.page
select "bulk_changes".*, "tasks"."state" as "task_state", "tasks"."error_code", "tasks"."error_message", "tasks"."started_at", "tasks"."finished_at"
from "bulk_changes"
inner join "tasks" on "tasks"."subject_id" = "bulk_changes"."id" and "tasks"."kind" = 'derive'
where "bulk_changes"."project_id" = $1 and "bulk_changes"."id" > $2
order by "bulk_changes"."id"
limit $3;

-- BulkChangeRepository.findUnfinished
select "bulk_changes".*, "tasks"."state" as "task_state", "tasks"."error_code", "tasks"."error_message", "tasks"."started_at", "tasks"."finished_at"
from "bulk_changes"
inner join "tasks" on "tasks"."subject_id" = "bulk_changes"."id" and "tasks"."kind" = 'derive'
where "bulk_changes"."kind" = $1 and "bulk_changes"."subject_id" = $2 and "bulk_changes"."superseded" = $3 and "tasks"."state" <> $4
order by "bulk_changes"."id" desc
limit $5;

-- BulkChangeRepository.supersede
update "bulk_changes" set "superseded" = $1, "feed_pending" = $2 where "kind" = $3 and "subject_id" = $4 and "superseded" = $5 returning "id";

-- BulkChangeRepository.advance
update "bulk_changes" set "position" = $1, "done" = "done" + $2 where "id" = $3;

-- BulkChangeRepository.listFeedPending
select "bulk_changes".*, "tasks"."state" as "task_state", "tasks"."error_code", "tasks"."error_message", "tasks"."started_at", "tasks"."finished_at"
from "bulk_changes"
inner join "tasks" on "tasks"."subject_id" = "bulk_changes"."id" and "tasks"."kind" = 'derive'
where "bulk_changes"."feed_pending" = $1
order by "bulk_changes"."id";
