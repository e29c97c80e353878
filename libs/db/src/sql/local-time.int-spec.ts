import { sql } from 'kysely';
import { createTestDatabase, type TestDatabase } from '@pugmark/testing';
import { createDatabase, type Database } from '../connection/database';
import { instantOf, dstIssueOf } from './local-time';

describe('a local time in its zone', () => {
  let database: TestDatabase;
  let db: Database;
  beforeAll(async () => {
    database = await createTestDatabase(() => Promise.resolve());
    db = createDatabase({ url: database.url, applicationName: 'local-time-test' });
  });
  afterAll(async () => {
    await db.destroy();
    await database.drop();
  });

  // Instants and clock changes are from the IANA time zone database.
  it.each([
    ['2026-06-01T12:00:00', 'UTC', '2026-06-01T12:00:00.000Z', null],
    ['2026-03-29T01:59:59', 'Europe/Berlin', '2026-03-29T00:59:59.000Z', null],
    ['2026-03-29T02:00:00', 'Europe/Berlin', '2026-03-29T01:00:00.000Z', 'dst_gap'],
    ['2026-03-29T02:30:00', 'Europe/Berlin', '2026-03-29T01:30:00.000Z', 'dst_gap'],
    ['2026-03-29T03:00:00', 'Europe/Berlin', '2026-03-29T01:00:00.000Z', null],
    ['2026-10-25T01:59:59', 'Europe/Berlin', '2026-10-24T23:59:59.000Z', null],
    ['2026-10-25T02:00:00', 'Europe/Berlin', '2026-10-25T01:00:00.000Z', 'dst_overlap'],
    ['2026-10-25T02:59:59', 'Europe/Berlin', '2026-10-25T01:59:59.000Z', 'dst_overlap'],
    ['2026-10-25T03:00:00', 'Europe/Berlin', '2026-10-25T02:00:00.000Z', null],
    ['2026-11-01T01:30:00', 'America/New_York', '2026-11-01T06:30:00.000Z', 'dst_overlap'],
    // Half an hour, in the southern hemisphere.
    ['2026-04-05T01:45:00', 'Australia/Lord_Howe', '2026-04-04T15:15:00.000Z', 'dst_overlap'],
    ['2026-04-05T02:00:00', 'Australia/Lord_Howe', '2026-04-04T15:30:00.000Z', null],
    ['2026-10-04T02:10:00', 'Australia/Lord_Howe', '2026-10-03T15:40:00.000Z', 'dst_gap'],
    // Samoa crossed the date line: the day was skipped.
    ['2011-12-30T12:00:00', 'Pacific/Apia', '2011-12-30T22:00:00.000Z', 'dst_gap'],
    [null, 'Europe/Berlin', null, null],
    ['2026-06-01T12:00:00', null, null, null],
  ])('%s in %s', async (local, zone, instant, doubt) => {
    const [reading, place] = [sql`${local}::timestamp`, sql`${zone}::text`];
    const { rows } =
      await sql`select ${instantOf(reading, place)} as instant, ${dstIssueOf(reading, place)} as doubt`.execute(db);
    expect(rows).toEqual([{ instant: instant === null ? null : new Date(instant), doubt }]);
  });
});
