import { sql, type Kysely } from 'kysely';

/** How many tasks are in which state, and what runs found, without counting a million rows each time. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  `create table task_counts (
    id bigint generated always as identity primary key,
    kind text not null,
    run_id bigint references runs,
    state text not null,
    count integer not null
  ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)`,
  `comment on table task_counts is 'the sum of its rows is how many tasks there are; each statement on tasks adds the difference that it made'`,
  `create index task_counts_run on task_counts (run_id, state)`,
  `create index task_counts_kind on task_counts (kind, state)`,

  `create function count_inserted_tasks() returns trigger language plpgsql as $$
  begin
    insert into task_counts (kind, run_id, state, count) select kind, run_id, state, count(*) from added group by kind, run_id, state;
    return null;
  end $$`,
  `create function count_updated_tasks() returns trigger language plpgsql as $$
  begin
    insert into task_counts (kind, run_id, state, count)
      select kind, run_id, state, sum(n) from (
        select kind, run_id, state, count(*) as n from added group by kind, run_id, state
        union all select kind, run_id, state, -count(*) from gone group by kind, run_id, state
      ) both_ways group by kind, run_id, state having sum(n) <> 0;
    return null;
  end $$`,
  `create function count_deleted_tasks() returns trigger language plpgsql as $$
  begin
    insert into task_counts (kind, run_id, state, count) select kind, run_id, state, -count(*) from gone group by kind, run_id, state;
    return null;
  end $$`,
  `create function count_no_tasks() returns trigger language plpgsql as $$
  begin
    delete from task_counts;
    return null;
  end $$`,
  `create trigger tasks_inserted after insert on tasks referencing new table as added for each statement execute function count_inserted_tasks()`,
  `create trigger tasks_updated after update on tasks referencing old table as gone new table as added for each statement execute function count_updated_tasks()`,
  `create trigger tasks_deleted after delete on tasks referencing old table as gone for each statement execute function count_deleted_tasks()`,
  `create trigger tasks_truncated after truncate on tasks for each statement execute function count_no_tasks()`,
  `insert into task_counts (kind, run_id, state, count) select kind, run_id, state, count(*) from tasks group by kind, run_id, state`,

  // What a run found, in images; the same way: each commit of detect tasks adds what it found.
  `create table run_tallies (
    id bigint generated always as identity primary key,
    run_id bigint not null references runs,
    engine text not null,
    images integer not null,
    blanks integer not null,
    animals integer not null,
    people integer not null,
    vehicles integer not null,
    marked integer not null
  ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)`,
  `comment on table run_tallies is 'the sum of its rows is what runs found, in images that are done'`,
  `create index run_tallies_run on run_tallies (run_id)`,
  `insert into run_tallies (run_id, engine, images, blanks, animals, people, vehicles, marked)
    select found.run_id, found.engine, count(*), count(*) filter (where animal is null), count(*) filter (where animal), count(*) filter (where person),
      count(*) filter (where vehicle), count(*) filter (where warning is not null)
    from (
      select t.run_id, i.engine, i.warning, bool_or(d.category = 'animal') as animal, bool_or(d.category = 'person') as person, bool_or(d.category = 'vehicle') as vehicle
      from tasks t join runs r on r.id = t.run_id join models m on m.id = r.model_id
      join inferences i on i.image_id = t.subject_id and i.model_id = r.model_id
      left join detections d on d.inference_id = i.id and d.confidence >= m.threshold
      where t.kind = 'detect' and t.state = 'done' group by t.run_id, i.id
    ) found group by found.run_id, found.engine`,
];
