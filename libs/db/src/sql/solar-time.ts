import { sql, type RawBuilder } from 'kysely';

/**
 * The hour, 0 to 23, of the apparent solar day at a longitude (degrees, east positive); solar noon is at 12. Null
 * without a longitude. UTC in minutes, plus four for each degree, plus the equation of time by Spencer (1971), which is
 * accurate to half a minute: https://gml.noaa.gov/grad/solcalc/solareqns.PDF
 */
export function solarHour(instant: RawBuilder<unknown>, longitude: RawBuilder<unknown>): RawBuilder<number | null> {
  const utc = sql`(${instant} at time zone 'UTC')`;
  const angle = sql`(2 * pi() / 365 * (extract(doy
    from ${utc})::float8 - 1 + (extract(hour from ${utc})::float8 - 12) / 24))`;
  const equation = sql`(229.18 * (0.000075 + 0.001868 * cos(${angle}) - 0.032077 * sin(${angle})
    - 0.014615 * cos(2 * ${angle}) - 0.040849 * sin(2 * ${angle})))`;
  const minutes = sql`(extract(epoch from ${utc}::time)::float8 / 60 + 4 * ${longitude} + ${equation})`;
  // Twice 1440: a longitude subtracts at most 720, the equation of time at most 17.
  return sql<number | null>`mod(floor((${minutes} + 2880) / 60)::int, 24)`;
}
