import { sql, type RawBuilder } from 'kysely';

/** Which readings of a clock stand for no instant, or for two, in their zone. */
export type DstIssue = 'dst_gap' | 'dst_overlap';

/**
 * The instant of a wall clock without zone in an IANA zone; null without either. Postgres decides what the day of a change means
 * (manual, "Handling of Invalid or Ambiguous Timestamps"): a reading that the forward change skipped is taken by the offset
 * before it, one that the backward change shows twice by the offset after it. `timeDoubt` tells both apart from the others.
 */
export function instantOf(local: RawBuilder<unknown>, zone: RawBuilder<unknown>): RawBuilder<Date | null> {
  return sql<Date | null>`(${local} at time zone ${zone})`;
}

/**
 * `dst_gap`: the clocks of the zone never showed this reading. `dst_overlap`: they showed it twice, found by reading it with the
 * offsets of the day before and the day after. Null: neither, or no time.
 */
export function dstIssueOf(local: RawBuilder<unknown>, zone: RawBuilder<unknown>): RawBuilder<DstIssue | null> {
  const instant = instantOf(local, zone);
  return sql<DstIssue | null>`(case
    when ${instant} at time zone ${zone} <> ${local} then 'dst_gap'
    when exists (
      select 1 from (values (interval '-1 day'), (interval '1 day')) as near (distance)
      cross join lateral (select ${instant} + near.distance as t) as day
      cross join lateral (select (${local} at time zone 'UTC') - ((day.t at time zone ${zone}) - (day.t at time zone 'UTC')) as t) as other
      where other.t <> ${instant} and other.t at time zone ${zone} = ${local}
    ) then 'dst_overlap' end)`;
}

/** The picture was taken before its deployment's start or after its end; no where it is not known. */
export function isOutsideDeployment(image: string, deployment: string): RawBuilder<boolean> {
  const at = sql.ref(`${image}.captured_at`);
  return sql<boolean>`coalesce(${at} < ${sql.ref(`${deployment}.starts_at`)} or ${at} > ${sql.ref(`${deployment}.ends_at`)}, false)`;
}

/** The local time of a picture: what a person says, else the camera's reading with the clock offset of its deployment. */
export function localTimeOf(image: string, deployment: string): RawBuilder<string | null> {
  const offset = sql`coalesce(${sql.ref(`${deployment}.clock_offset_seconds`)}, 0) * interval '1 second'`;
  return sql<
    string | null
  >`coalesce(${sql.ref(`${image}.manual_local`)}, ${sql.ref(`${image}.captured_local`)} + ${offset})`;
}
