-- The SQL of the reads of this feature, and of the larger writes.
-- Written by libs/db/src/testing/sql-snapshots.int-spec.ts: run it with UPDATE_SNAPSHOTS=1 after a change.

-- ProjectRepository.find
select *
from "projects"
where "id" = $1;

-- ProjectRepository.page, of some projects
select *
from "projects"
where "id" > $1 and "id" = any($2::bigint[])
order by "id"
limit $3;

-- findProjectOf
/* prepared */ select project_id as id from "images" where id = $1;
