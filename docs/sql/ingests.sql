-- The SQL of the reads of this feature, and of the larger writes.
-- Written by libs/db/src/testing/sql-snapshots.int-spec.ts: run it with UPDATE_SNAPSHOTS=1 after a change.

-- IngestRepository.filterKnownPaths
select "path"
from "ingest_files"
where "ingest_id" = $1 and "path" in ($2);

-- IngestRepository.filterKnownUploads
select name from ingests cross join lateral regexp_replace(folder, '^.*/', '') name
where source = 'upload' and name = any($1::text[]);

-- IngestRepository.hasSkipped
select "path"
from "ingest_files"
where "ingest_id" = $1 and "outcome" = $2 and "reason_code" in ($3)
limit $4;

-- IngestRepository.files
select *
from "ingest_files"
where "ingest_id" = $1 and "path" > $2 and "outcome" = $3
order by "path"
limit $4;
