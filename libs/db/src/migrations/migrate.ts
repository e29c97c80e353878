import { Migrator } from 'kysely';
import { createDatabase } from '../connection/database';
import { MIGRATIONS } from '.';
import { fingerprint } from './fingerprint';

/**
 * Brings a database up to date and returns the names of the migrations that it applied. All of them are applied in one
 * transaction. Several processes may call it at the same time: Kysely's migrator holds an advisory lock.
 */
export async function migrate(databaseUrl: string): Promise<readonly string[]> {
  const db = createDatabase({
    url: databaseUrl,
    applicationName: 'pugmark-migrate',
    poolSize: 2,
    statementTimeoutMs: 600_000,
  });
  try {
    const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(MIGRATIONS) } });
    const { error, results } = await migrator.migrateToLatest();
    if (error !== undefined)
      throw error instanceof Error ? error : new Error(`migration failed: ${JSON.stringify(error)}`);
    return (results ?? []).filter((result) => result.status === 'Success').map((result) => result.migrationName);
  } finally {
    await db.destroy();
  }
}

migrate.fingerprint = fingerprint;
