import { Migrator } from 'kysely';
import { createDatabase } from '../connection/database';
import { MIGRATIONS } from '.';

/**
 * Brings a database up to date and answers the names of the migrations that it applied. Safe to call from several processes at
 * once: Kysely's migrator holds an advisory lock. All or nothing: one transaction.
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
