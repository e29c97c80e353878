import { createTestDatabase, type TestDatabase } from '@pugmark/testing';
import { createDatabase, type Database } from '../connection/database';
import { expectToMatchDocs } from '../testing/match-snapshot.fixture';
import { readSchema } from '../testing/schema-snapshot.fixture';
import { migrate } from './migrate';

const HEADER = `-- The schema, as the migrations of libs/db create it.
-- Written by libs/db/src/migrations/schema-snapshot.int-spec.ts: run it with UPDATE_SNAPSHOTS=1 after a change.
`;

describe('docs/schema.sql', () => {
  let database: TestDatabase;
  let db: Database;
  beforeAll(async () => {
    database = await createTestDatabase(migrate);
    db = createDatabase({ url: database.url, applicationName: 'schema-snapshot-test' });
  });
  afterAll(async () => {
    await db.destroy();
    await database.drop();
  });

  it('is the schema that the migrations create', async () => {
    expectToMatchDocs('schema.sql', `${HEADER}\n${await readSchema(db)}`);
  });
});
