import { sql } from 'kysely';
import { createTestDatabase, type TestDatabase } from '@pugmark/testing';
import { createDatabase, type Database } from '../connection/database';
import { solarHour } from './solar-time';

describe('the solar hour', () => {
  let database: TestDatabase;
  let db: Database;
  beforeAll(async () => {
    database = await createTestDatabase(() => Promise.resolve());
    db = createDatabase({ url: database.url, applicationName: 'solar-time-test' });
  });
  afterAll(async () => {
    await db.destroy();
    await database.drop();
  });

  async function hourAt(instant: Date, longitude: number | null): Promise<number | null> {
    const { rows } = await sql<{
      hour: number | null;
    }>`select ${solarHour(sql`${instant}::timestamptz`, sql`${longitude}::float8`)} as hour`.execute(db);
    return rows[0]!.hour;
  }

  /**
   * The equation of time, in seconds by which the sun is ahead of the clock, on the days of its extremes and zeros,
   * from an almanac (https://en.wikipedia.org/wiki/Equation_of_time): a source independent of the formula.
   */
  const EQUATION: readonly [day: string, seconds: number][] = [
    ['02-11', -(14 * 60 + 15)],
    ['04-15', 0],
    ['05-14', 3 * 60 + 41],
    ['06-13', 0],
    ['07-26', -(6 * 60 + 30)],
    ['09-01', 0],
    ['11-03', 16 * 60 + 25],
    ['12-25', 0],
  ];

  it.each(EQUATION)('becomes 12 at solar noon on %s, within a minute', async (day, seconds) => {
    for (const year of [2023, 2024, 2026]) {
      for (const longitude of [0, 11.25, -74.006, 151.2, -179.9, 180]) {
        const noon = Date.parse(`${year}-${day}T12:00:00Z`) - (seconds + longitude * 240) * 1_000;
        expect([
          longitude,
          await hourAt(new Date(noon - 75_000), longitude),
          await hourAt(new Date(noon + 75_000), longitude),
        ]).toEqual([longitude, 11, 12]);
        expect(await hourAt(new Date(noon + 12 * 3_600_000 - 105_000), longitude)).toBe(23);
        expect(await hourAt(new Date(noon + 12 * 3_600_000 + 105_000), longitude)).toBe(0);
      }
    }
  });

  it('is null without a longitude', async () => {
    expect(await hourAt(new Date('2024-06-01T12:00:00Z'), null)).toBeNull();
  });
});
