import { ID, VACUUM_EARLY } from './columns';

const FLAGS = 'processed, reviewed, has_animal, has_person, has_vehicle, blank';
/** The same, of a row of `image_summaries`. */
const FLAGS_OF_SUMMARY = 'processed, review_id is not null, has_animal, has_person, has_vehicle, blank';
const FLAG_COLUMNS = `
    processed boolean not null,
    reviewed boolean not null,
    has_animal boolean not null,
    has_person boolean not null,
    has_vehicle boolean not null,
    blank boolean not null`;

/** The columns of `image_summaries` that the counts are grouped by or sum. */
const SUMMARY_COLUMNS = `project_id, deployment_id, local_hour, captured_at, processed, review_id,
        has_animal, has_person, has_vehicle, blank, detections`;

/** Adds the rows of `source`, each times its `sign`, to both tables of image counts. */
const addCounts = (source: string): string => `
    insert into image_counts_by_hour (project_id, deployment_id, local_hour, has_time, ${FLAGS}, count, detections)
      select project_id, deployment_id, local_hour, captured_at is not null, ${FLAGS_OF_SUMMARY},
        sum(sign), sum(sign * detections)
      from (${source}) changes
      group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 having sum(sign) <> 0 or sum(sign * detections) <> 0;
    insert into image_counts_by_day (project_id, deployment_id, day, ${FLAGS}, count, detections)
      select project_id, deployment_id, (captured_at at time zone 'UTC')::date, ${FLAGS_OF_SUMMARY},
        sum(sign), sum(sign * detections)
      from (${source}) changes
      group by 1, 2, 3, 4, 5, 6, 7, 8, 9 having sum(sign) <> 0 or sum(sign * detections) <> 0;`;

const triggerFunction = (name: string, body: string): string =>
  `create function ${name}() returns trigger language plpgsql as $$
  begin
    ${body.trim()}
    return null;
  end $$`;

const NEW_SUMMARIES = `
        select 1 as sign, ${SUMMARY_COLUMNS} from new_rows`;
const OLD_SUMMARIES = `
        select -1 as sign, ${SUMMARY_COLUMNS} from old_rows`;

/** Numbers of images by what is known of them, without counting a million summaries for each request. */
const IMAGE_COUNTS = [
  `create table image_counts_by_hour (
    ${ID},
    project_id bigint not null references projects,
    deployment_id bigint references deployments,
    local_hour smallint,
    has_time boolean not null,${FLAG_COLUMNS},
    count integer not null,
    detections integer not null default 0
  ) with (autovacuum_vacuum_scale_factor = 0.1, autovacuum_vacuum_threshold = 1000)`,
  `comment on table image_counts_by_hour
    is 'numbers of images; rows are summed. Triggers on image_summaries add the differences of each statement'`,
  `create index image_counts_by_hour_project on image_counts_by_hour (project_id)`,
  `create index image_counts_by_hour_deployment on image_counts_by_hour (deployment_id)`,

  `create table image_counts_by_day (
    ${ID},
    project_id bigint not null references projects,
    deployment_id bigint references deployments,
    day date,${FLAG_COLUMNS},
    compacted boolean not null default false,
    count integer not null,
    detections integer not null
  ) with (autovacuum_vacuum_scale_factor = 0.1, autovacuum_vacuum_threshold = 1000)`,
  `comment on table image_counts_by_day
    is 'numbers of images; rows are summed. Triggers on image_summaries add the differences of each statement'`,
  `comment on column image_counts_by_day.day is 'day of captured_at in UTC; null: the time is not known'`,
  `comment on column image_counts_by_day.compacted
    is 'replaces all rows of its deployment and day that existed when it was written'`,
  `create index image_counts_by_day_key on image_counts_by_day
    (project_id, (coalesce(deployment_id, 0)), (coalesce(day, '-infinity')))`,
  `create index image_counts_by_day_deployment on image_counts_by_day (deployment_id)`,
  `create index image_counts_by_day_uncompacted on image_counts_by_day (id) where not compacted`,

  triggerFunction('count_inserted_images', addCounts(NEW_SUMMARIES)),
  triggerFunction('count_updated_images', addCounts(`${NEW_SUMMARIES} union all${OLD_SUMMARIES}`)),
  triggerFunction('count_deleted_images', addCounts(OLD_SUMMARIES)),
  triggerFunction(
    'clear_image_counts',
    `delete from image_counts_by_hour;
    delete from image_counts_by_day;`,
  ),
  `create trigger image_summaries_inserted after insert on image_summaries
    referencing new table as new_rows for each statement execute function count_inserted_images()`,
  `create trigger image_summaries_updated after update on image_summaries
    referencing old table as old_rows new table as new_rows for each statement execute function count_updated_images()`,
  `create trigger image_summaries_deleted after delete on image_summaries
    referencing old table as old_rows for each statement execute function count_deleted_images()`,
  `create trigger image_summaries_truncated after truncate on image_summaries
    for each statement execute function clear_image_counts()`,
];

const recordChanges = (name: string, projects: string): string =>
  triggerFunction(
    name,
    `insert into project_changes (project_id, count)
      select project_id, 1 from (${projects}) changes group by project_id;`,
  );

/** The projects of failed detect tasks among the rows. */
const failedIn = (rows: string): string => `
        select r.project_id from ${rows} t join runs r on r.id = t.run_id
        where t.kind = 'detect' and t.state = 'failed'`;

const recordChangesOf = (table: string): string[] => [
  `create trigger ${table}_record_insert after insert on ${table}
    referencing new table as new_rows for each statement execute function record_inserted()`,
  `create trigger ${table}_record_update after update on ${table}
    referencing old table as old_rows new table as new_rows for each statement execute function record_updated()`,
  `create trigger ${table}_record_delete after delete on ${table}
    referencing old table as old_rows for each statement execute function record_deleted()`,
];

/** A version number of the data that the statistics of a project depend on, so that their results can be cached. */
const PROJECT_CHANGES = [
  `create table project_changes (
    ${ID},
    project_id bigint not null references projects,
    count bigint not null
  ) ${VACUUM_EARLY}`,
  `comment on table project_changes
    is 'the sum of a project''s rows grows with each commit that changes its statistics'`,
  `create index project_changes_project on project_changes (project_id)`,
  recordChanges('record_inserted', 'select project_id from new_rows'),
  recordChanges('record_deleted', 'select project_id from old_rows'),
  recordChanges('record_updated', 'select project_id from new_rows union all select project_id from old_rows'),
  // Whether an image has failed is known from its tasks only.
  recordChanges('record_failed_tasks', `${failedIn('new_rows')} union all${failedIn('old_rows')}`),
  ...['image_summaries', 'events', 'deployments'].flatMap(recordChangesOf),
  `create trigger tasks_record_update after update on tasks
    referencing old table as old_rows new table as new_rows for each statement execute function record_failed_tasks()`,
];

/** Tables that statistics are read from. */
export const STATISTICS: readonly string[] = [...IMAGE_COUNTS, ...PROJECT_CHANGES];
