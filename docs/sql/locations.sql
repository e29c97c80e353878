-- The SQL of the reads of this feature, and of the larger writes.
-- Written by libs/db/src/testing/sql-snapshots.int-spec.ts: run it with UPDATE_SNAPSHOTS=1 after a change.

-- LocationRepository.find
select *
from "locations"
where "id" = $1;

-- LocationRepository.findByName
select *
from "locations"
where "project_id" = $1 and "name" = $2;

-- LocationRepository.page
select *
from "locations"
where "project_id" = $1 and "id" > $2
order by "id"
limit $3;
