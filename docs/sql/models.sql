-- The SQL of the reads of this feature, and of the larger writes.
-- Written by libs/db/src/testing/sql-snapshots.int-spec.ts: run it with UPDATE_SNAPSHOTS=1 after a change.

-- ModelRepository.findDefault
select *
from "models"
where "is_default" = $1;

-- ModelRepository.list
select *
from "models"
order by "id";

-- ModelRepository.listUsed
select *
from "models"
where ("is_default" = $1 or exists (select "id"
from "projects"
where "projects"."model_id" = "models"."id") or exists (select "id"
from "projects"
where "projects"."classifier_id" = "models"."id"))
order by "id" desc
limit $2;

-- ModelRepository.findModelsOfRuns
select "id", "model_id", "classifier_id", "classify_category", "classify_threshold"
from "runs"
where "id" in ($1);
