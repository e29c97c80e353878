import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { testServers, type TestServers } from './servers';

export interface TestDatabase {
  readonly url: string;
  /** Drops it, cutting off whoever still uses it. */
  drop(): Promise<void>;
}

/** A database of the test's own, migrated by the given function, which is `migrate` of @pugmark/db: that library's tests use this one too. */
export async function createTestDatabase(
  migrate: (databaseUrl: string) => Promise<unknown>,
  { databaseUrl }: Pick<TestServers, 'databaseUrl'> = testServers(),
): Promise<TestDatabase> {
  const name = `pugmark_test_${randomBytes(6).toString('hex')}`;
  await administrate(databaseUrl, `create database ${name}`);
  const url = new URL(databaseUrl);
  url.pathname = `/${name}`;
  await migrate(url.href);
  return { url: url.href, drop: () => administrate(databaseUrl, `drop database if exists ${name} with (force)`) };
}

async function administrate(databaseUrl: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000, query_timeout: 60_000 });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
