-- The SQL of the reads of this feature, and of the larger writes.
-- Written by libs/db/src/testing/sql-snapshots.int-spec.ts: run it with UPDATE_SNAPSHOTS=1 after a change.

-- TaxonRepository.findMany
select "taxa"."id", "taxa"."project_id", "taxa"."scientific_name", "taxa"."common_name", "taxa"."category", "taxa"."rank", "taxa"."archived_at", "taxa"."created_at"
from "taxa"
where "id" = any($1::bigint[]);

-- TaxonRepository.findByNames
select "taxa"."id", "taxa"."project_id", "taxa"."scientific_name", "taxa"."common_name", "taxa"."category", "taxa"."rank", "taxa"."archived_at", "taxa"."created_at", "requested"."name" as "requested"
from (select distinct unnest($1::text[]) as name) as "requested"
inner join "taxa" on lower(taxa.scientific_name) = lower(requested.name)
where "taxa"."project_id" = $2;

-- TaxonRepository.page, with a search
select "taxa"."id", "taxa"."project_id", "taxa"."scientific_name", "taxa"."common_name", "taxa"."category", "taxa"."rank", "taxa"."archived_at", "taxa"."created_at"
from "taxa"
where "project_id" = $1 and lower(scientific_name) > lower($2) and "archived_at" is null and search_terms @@ $3::tsquery
order by lower(scientific_name) || ''
limit $4;
