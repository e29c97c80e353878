import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
import { Pool, types } from 'pg';
import { DeadlineClient } from './deadline-client';
import type { Schema } from './schema';

export type Database = Kysely<Schema>;
export type DatabaseTransaction = Transaction<Schema>;
/** Repositories take either: the caller decides what is one transaction. */
export type Executor = Database | DatabaseTransaction;

export interface DatabaseOptions {
  readonly url: string;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;
  readonly poolSize?: number;
  /** Told of an idle connection that broke. The pool replaces it by itself. */
  readonly onIdleError?: (error: Error) => void;
  readonly statementTimeoutMs?: number;
}

const INT8 = 20;
const INT8_ARRAY = 1016;
const TIMESTAMP_WITHOUT_ZONE = 1114;

/**
 * A pool of connections. Every wait has an end: connecting, a statement (by the server, and a little later by the client, which
 * then destroys the connection) and an idle transaction (by the server, so that a frozen process cannot hold its locks).
 * `bigint` comes as a number (ids and sizes stay far below 2^53), `timestamp` without zone as the text that it is.
 */
export function createDatabase(options: DatabaseOptions): Database {
  const statementTimeoutMs = options.statementTimeoutMs ?? 30_000;
  const pool = new Pool({
    Client: DeadlineClient,
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.poolSize ?? 8,
    connectionTimeoutMillis: Math.min(10_000, statementTimeoutMs),
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + Math.min(5_000, statementTimeoutMs),
    idle_in_transaction_session_timeout: 15_000,
    types: {
      getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
        if (oid === INT8) return Number;
        if (oid === INT8_ARRAY) return (value: string) => (types.getTypeParser(oid as number, 'text')(value) as string[]).map(Number);
        if (oid === TIMESTAMP_WITHOUT_ZONE) return (value: string) => value.replace(' ', 'T');
        return types.getTypeParser(oid, format as 'text');
      }) as typeof types.getTypeParser,
    },
  });
  pool.on('error', (error) => {
    // The pool hangs the whole client on it, which no log should show.
    delete (error as { client?: unknown }).client;
    options.onIdleError?.(error);
  });
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
}

/** Rejects when Postgres does not answer: for readiness checks. */
export async function pingDatabase(db: Database): Promise<void> {
  await sql`select 1`.execute(db);
}
