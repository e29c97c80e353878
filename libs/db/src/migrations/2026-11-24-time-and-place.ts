import { sql, type Kysely } from 'kysely';

/** Times that people give, times that a change of the clocks makes doubtful, and which camera a deployment is. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const LOCAL = `(i.captured_local + d.clock_offset_seconds * interval '1 second')`;
const INSTANT = `(${LOCAL} at time zone d.timezone)`;

const STATEMENTS = [
  `alter table deployments add column camera text`,
  `comment on column deployments.camera is 'which camera stood there, as people name it'`,

  `alter table images
    add column manual_local timestamp,
    add column time_doubt text check (time_doubt in ('dst_gap', 'dst_overlap'))`,
  `comment on column images.manual_local is 'the local time as a person gave it; it stands beside captured_local and wins'`,
  `comment on column images.time_doubt is 'the reading never was on the clocks of the zone (dst_gap) or was there twice (dst_overlap)'`,
  `comment on column images.captured_at is 'manual_local, or captured_local with the clock offset, in the zone of the deployment; null without either'`,
  // As libs/db/src/sql/local-time.ts has it; written out, because a merged migration must not change with the code.
  `update images i set time_doubt = case when ${INSTANT} at time zone d.timezone <> ${LOCAL} then 'dst_gap' else 'dst_overlap' end
    from deployments d
    where d.id = i.deployment_id and i.captured_local is not null and (
      ${INSTANT} at time zone d.timezone <> ${LOCAL}
      or exists (
        select 1 from (values (interval '-1 day'), (interval '1 day')) as near (distance)
        cross join lateral (select ${INSTANT} + near.distance as t) as day
        cross join lateral (select (${LOCAL} at time zone 'UTC') - ((day.t at time zone d.timezone) - (day.t at time zone 'UTC')) as t) as other
        where other.t <> ${INSTANT} and other.t at time zone d.timezone = ${LOCAL}))`,

  `create index images_deployment_captured on images (deployment_id, captured_at)`,
  `create index images_time_doubt on images (deployment_id, id) where time_doubt is not null`,
];
