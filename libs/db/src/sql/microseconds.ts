import { sql, type RawBuilder } from 'kysely';

/** A point in time as whole microseconds since 1970, which JavaScript's numbers hold exactly; its own Date would lose three digits. */
export function microsecondsOf(instant: RawBuilder<unknown>): RawBuilder<number> {
  return sql<number>`(extract(epoch from ${instant}) * 1000000)::bigint`;
}

/** The other way round. */
export function instantAt(microseconds: number): RawBuilder<Date> {
  return sql<Date>`('epoch'::timestamptz + ${microseconds}::float8 * interval '1 microsecond')`;
}
