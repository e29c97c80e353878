import { sql, type RawBuilder } from 'kysely';

/**
 * An instant as microseconds since 1970, an integer that JavaScript represents exactly; a Date would lose three digits.
 */
export function microsecondsOf(instant: RawBuilder<unknown>): RawBuilder<number> {
  return sql<number>`(extract(epoch from ${instant}) * 1000000)::bigint`;
}

/** The instant of a number of microseconds since 1970. */
export function instantAt(microseconds: number): RawBuilder<Date> {
  return sql<Date>`('epoch'::timestamptz + ${microseconds}::float8 * interval '1 microsecond')`;
}
