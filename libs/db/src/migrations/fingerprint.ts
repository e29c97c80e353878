import { createHash } from 'node:crypto';
import { DummyDriver, Kysely, PostgresDialect, type Driver, type PostgresDialectConfig } from 'kysely';
import { MIGRATIONS } from '.';

/** SHA-256 of the names and the SQL of all migrations, in hexadecimal: the same for databases with the same schema. */
export async function fingerprint(): Promise<string> {
  const hash = createHash('sha256');
  const db = new Kysely<unknown>({
    dialect: new RecordingDialect(),
    log: ({ query }) => {
      hash.update(`${query.sql}\n${JSON.stringify(query.parameters)}\n`);
    },
  });
  for (const [name, migration] of Object.entries(MIGRATIONS)) {
    hash.update(`${name}\n`);
    await migration.up(db);
  }
  return hash.digest('hex');
}

/** Compiles statements for Postgres, and executes none. */
class RecordingDialect extends PostgresDialect {
  constructor() {
    super({} as PostgresDialectConfig);
  }

  override createDriver(): Driver {
    return new DummyDriver();
  }
}
