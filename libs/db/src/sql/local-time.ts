import { sql, type RawBuilder } from 'kysely';

/** Why a local time has no instant, or two, in its time zone. */
export type DstIssue = 'dst_gap' | 'dst_overlap';

/**
 * The instant of a local time in an IANA time zone; null without either. Postgres resolves times around clock changes
 * (manual, "Handling of Invalid or Ambiguous Timestamps"): a skipped time is converted with the offset before the
 * change, a repeated one with the offset after it. `dstIssueOf` detects both.
 */
export function instantOf(local: RawBuilder<unknown>, zone: RawBuilder<unknown>): RawBuilder<Date | null> {
  return sql<Date | null>`(${local} at time zone ${zone})`;
}

/**
 * `dst_gap`: the local time was skipped in the time zone. `dst_overlap`: it occurred twice, detected by converting it
 * with the offsets of the day before and the day after. Null: neither, or no time.
 */
export function dstIssueOf(local: RawBuilder<unknown>, zone: RawBuilder<unknown>): RawBuilder<DstIssue | null> {
  const instant = instantOf(local, zone);
  return sql<DstIssue | null>`(case
    when ${instant} at time zone ${zone} <> ${local} then 'dst_gap'
    when exists (
      select 1 from (values (interval '-1 day'), (interval '1 day')) as near (distance)
      cross join lateral (select ${instant} + near.distance as t) as day
      cross join lateral (
        select (${local} at time zone 'UTC') - ((day.t at time zone ${zone}) - (day.t at time zone 'UTC')) as t
      ) as other
      where other.t <> ${instant} and other.t at time zone ${zone} = ${local}
    ) then 'dst_overlap' end)`;
}

/** Whether the image was captured before the start or after the end of its deployment; false if either is unknown. */
export function isOutsideDeployment(image: string, deployment: string): RawBuilder<boolean> {
  const at = sql.ref(`${image}.captured_at`);
  return sql<boolean>`coalesce(${at} < ${sql.ref(`${deployment}.starts_at`)}
    or ${at} > ${sql.ref(`${deployment}.ends_at`)}, false)`;
}

/**
 * The local time of an image: the one that a person entered, else the camera's reading plus the clock offset of the
 * deployment.
 */
export function localTimeOf(image: string, deployment: string): RawBuilder<string | null> {
  const offset = sql`coalesce(${sql.ref(`${deployment}.clock_offset_seconds`)}, 0) * interval '1 second'`;
  return sql<
    string | null
  >`coalesce(${sql.ref(`${image}.manual_local`)}, ${sql.ref(`${image}.captured_local`)} + ${offset})`;
}
