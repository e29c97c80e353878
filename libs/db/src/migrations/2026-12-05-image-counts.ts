import { sql, type Kysely } from 'kysely';

/** How many images there are of each sort, without counting a million rows each time. As `task_counts`. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const SORT =
  'project_id, deployment_id, local_hour, timed, answered, reviewed, has_animal, has_person, has_vehicle, blank';
/** Of a row of `image_summaries`. */
const SORT_OF =
  'project_id, deployment_id, local_hour, captured_at is not null, answered, review_id is not null, has_animal, has_person, has_vehicle, blank';
const GROUPS = '1, 2, 3, 4, 5, 6, 7, 8, 9, 10';

const counting = (
  event: string,
  body: string,
) => `create function count_${event}_images() returns trigger language plpgsql as $$
  begin
    ${body}
    return null;
  end $$`;

const STATEMENTS = [
  `create table image_counts (
    id bigint generated always as identity primary key,
    project_id bigint not null references projects,
    deployment_id bigint references deployments,
    local_hour smallint,
    timed boolean not null,
    answered boolean not null,
    reviewed boolean not null,
    has_animal boolean not null,
    has_person boolean not null,
    has_vehicle boolean not null,
    blank boolean not null,
    count integer not null
  ) with (autovacuum_vacuum_scale_factor = 0.1, autovacuum_vacuum_threshold = 1000)`,
  `comment on table image_counts is 'the sum of its rows is how many images there are; each statement on image_summaries adds the difference that it made'`,
  `create index image_counts_project on image_counts (project_id)`,
  `create index image_counts_deployment on image_counts (deployment_id)`,
  counting(
    'inserted',
    `insert into image_counts (${SORT}, count) select ${SORT_OF}, count(*) from added group by ${GROUPS};`,
  ),
  counting(
    'updated',
    `insert into image_counts (${SORT}, count)
      select ${SORT}, sum(n) from (
        select ${SORT_OF}, count(*) from added group by ${GROUPS}
        union all select ${SORT_OF}, -count(*) from gone group by ${GROUPS}
      ) as both_ways (${SORT}, n) group by ${GROUPS} having sum(n) <> 0;`,
  ),
  counting(
    'deleted',
    `insert into image_counts (${SORT}, count) select ${SORT_OF}, -count(*) from gone group by ${GROUPS};`,
  ),
  counting('no', `delete from image_counts;`),
  `create trigger image_summaries_inserted after insert on image_summaries referencing new table as added for each statement execute function count_inserted_images()`,
  `create trigger image_summaries_updated after update on image_summaries referencing old table as gone new table as added for each statement execute function count_updated_images()`,
  `create trigger image_summaries_deleted after delete on image_summaries referencing old table as gone for each statement execute function count_deleted_images()`,
  `create trigger image_summaries_truncated after truncate on image_summaries for each statement execute function count_no_images()`,
  `insert into image_counts (${SORT}, count) select ${SORT_OF}, count(*) from image_summaries group by ${GROUPS}`,
];
