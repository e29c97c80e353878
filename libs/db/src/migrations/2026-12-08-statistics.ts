import { sql, type Kysely } from 'kysely';

/**
 * How many images there are of each sort on each day, and how many detections in them, beside `image_counts`, which knows the hours.
 * And what Postgres has to know of events to count them by hour, day, week and month without sorting them.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const KINDS = 'answered, reviewed, has_animal, has_person, has_vehicle, blank';
const KINDS_OF = 'answered, review_id is not null, has_animal, has_person, has_vehicle, blank';
/** What the sorts are told by, of a row of `image_summaries`. */
const COLUMNS =
  'project_id, deployment_id, local_hour, captured_at, answered, review_id, has_animal, has_person, has_vehicle, blank, detections';

/** Adds up the rows of `source`, each times its `sign`, for either table. */
const counting = (source: string): string =>
  [
    [
      'image_counts',
      `local_hour, timed, ${KINDS}`,
      `local_hour, captured_at is not null, ${KINDS_OF}`,
      '1, 2, 3, 4, 5, 6, 7, 8, 9, 10',
    ],
    ['image_days', `day, ${KINDS}`, `(captured_at at time zone 'UTC')::date, ${KINDS_OF}`, '1, 2, 3, 4, 5, 6, 7, 8, 9'],
  ]
    .map(
      ([table, sort, sortOf, groups]) => `insert into ${table} (project_id, deployment_id, ${sort}, count, detections)
        select project_id, deployment_id, ${sortOf}, sum(sign), sum(sign * detections) from (${source}) changed
        group by ${groups} having sum(sign) <> 0 or sum(sign * detections) <> 0;`,
    )
    .join('\n');

const replaced = (
  event: string,
  body: string,
): string => `create or replace function count_${event}_images() returns trigger language plpgsql as $$
  begin
    ${body}
    return null;
  end $$`;

const STATEMENTS = [
  `alter table image_summaries add column detections integer not null default 0`,
  `comment on column image_summaries.detections is 'of the model that looked last, from its threshold on, without static ones'`,
  `update image_summaries s set detections = found.count
    from (
      select f.image_id, count(*) from inferences f join models m on m.id = f.model_id join detections d on d.inference_id = f.id and d.confidence >= m.threshold
      where f.id = (select max(l.id) from inferences l where l.image_id = f.image_id)
        and not exists (select 1 from static_boxes b where b.id = d.static_box_id and b.unmarked_at is null)
      group by f.image_id) found
    where found.image_id = s.image_id`,

  `alter table image_counts add column detections integer not null default 0`,
  // Into the first row of each sort: what matters is the sum.
  `update image_counts c set detections = found.detections
    from (
      select project_id, coalesce(deployment_id, 0) as d, coalesce(local_hour, -1) as h, captured_at is not null as timed,
        answered, review_id is not null as reviewed, has_animal, has_person, has_vehicle, blank, sum(detections) as detections
      from image_summaries where detections > 0 group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
    ) found join (
      select min(id) as id, project_id, coalesce(deployment_id, 0) as d, coalesce(local_hour, -1) as h, timed, ${KINDS} from image_counts group by 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    ) first using (project_id, d, h, timed, ${KINDS})
    where c.id = first.id`,

  `create table image_days (
    id bigint generated always as identity primary key,
    project_id bigint not null references projects,
    deployment_id bigint references deployments,
    day date,
    answered boolean not null,
    reviewed boolean not null,
    has_animal boolean not null,
    has_person boolean not null,
    has_vehicle boolean not null,
    blank boolean not null,
    folded boolean not null default false,
    count integer not null,
    detections integer not null
  ) with (autovacuum_vacuum_scale_factor = 0.1, autovacuum_vacuum_threshold = 1000)`,
  `comment on table image_days is 'the sum of its rows is how many images there are; each statement on image_summaries adds the difference that it made'`,
  `comment on column image_days.day is 'of captured_at in UTC; null: the time is not known'`,
  `comment on column image_days.folded is 'stands for all rows of its deployment and day that were there when it was written'`,
  `create index image_days_key on image_days (project_id, (coalesce(deployment_id, 0)), (coalesce(day, '-infinity')))`,
  `create index image_days_deployment on image_days (deployment_id)`,
  `create index image_days_unfolded on image_days (id) where not folded`,
  `insert into image_days (project_id, deployment_id, day, ${KINDS}, folded, count, detections)
    select project_id, deployment_id, (captured_at at time zone 'UTC')::date, ${KINDS_OF}, true, count(*), sum(detections) from image_summaries group by 1, 2, 3, 4, 5, 6, 7, 8, 9`,

  // The triggers of `image_counts` fill both.
  replaced('inserted', counting(`select 1 as sign, ${COLUMNS} from added`)),
  replaced('updated', counting(`select 1 as sign, ${COLUMNS} from added union all select -1, ${COLUMNS} from gone`)),
  replaced('deleted', counting(`select -1 as sign, ${COLUMNS} from gone`)),
  replaced('no', `delete from image_counts; delete from image_days;`),

  // Events of all labels in order of time; `events_of_label` has them label by label.
  `create index events_of_labels on events (project_id, starts_at, id) where label is not null`,

  // Without them it expects about as many hours and days as events. As libs/db/src/read-models has the expressions.
  `create statistics events_local_hours on (date_part('hour', local_start)) from events`,
  `create statistics events_local_days on (local_start::date) from events`,
  `create statistics events_local_weeks on (date_trunc('week', local_start)) from events`,
  `create statistics events_local_months on (date_trunc('month', local_start)) from events`,
  `analyze events`,
];
