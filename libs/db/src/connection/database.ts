import { Kysely, sql, type KyselyConfig, type Transaction } from 'kysely';
import { Pool, types } from 'pg';
import { Counter, registerGauge, type Registry } from '@pugmark/platform';
import { StatementDeadlineClient } from './statement-deadline-client';
import { PugmarkDialect } from './pugmark-dialect';
import type { Schema } from '../schema';

export type Database = Kysely<Schema>;
export type DatabaseTransaction = Transaction<Schema>;
/** A database or a transaction: the caller of a repository decides what belongs to one transaction. */
export type Executor = Database | DatabaseTransaction;

export interface DatabaseOptions {
  readonly url: string;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;
  /** Maximum number of connections. Default: 8. */
  readonly poolSize?: number;
  /** Called when an idle connection breaks. The pool replaces the connection by itself. */
  readonly onIdleError?: (error: Error) => void;
  /** Maximum duration of a statement. Default: 30 seconds. */
  readonly statementTimeoutMs?: number;
  /** Registry for the metrics of connections and retried transactions; for one pool of a process only. */
  readonly metrics?: Registry;
}

const INT8 = 20;
const INT8_ARRAY = 1016;
const TIMESTAMP_WITHOUT_ZONE = 1114;
const TIMESTAMP_WITH_ZONE = 1184;

const SPACE = 32;

/** Maximum wait for a connection: a new one, or one of the pool that becomes free. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Creates a pool of connections. Every wait is limited: connecting, waiting for a free connection (`isPoolExhausted`),
 * a statement (by the server, and a little later by the client, which then destroys the connection), and an idle
 * transaction (by the server, so that a frozen process cannot hold its locks). `bigint` is parsed to a number (ids and
 * sizes stay far below 2^53), `timestamp` without time zone is left as text.
 */
export function createDatabase(options: DatabaseOptions): Database {
  const statementTimeoutMs = options.statementTimeoutMs ?? 30_000;
  const pool = new Pool({
    Client: StatementDeadlineClient,
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.poolSize ?? 8,
    connectionTimeoutMillis: Math.min(CONNECT_TIMEOUT_MS, statementTimeoutMs),
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + Math.min(5_000, statementTimeoutMs),
    idle_in_transaction_session_timeout: 15_000,
    types: {
      getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
        if (oid === INT8) return Number;
        if (oid === INT8_ARRAY)
          return (value: string) => (types.getTypeParser(oid as number, 'text')(value) as string[]).map(Number);
        if (oid === TIMESTAMP_WITHOUT_ZONE) return (value: string) => value.replace(' ', 'T');
        if (oid === TIMESTAMP_WITH_ZONE) return parseInstant;
        return types.getTypeParser(oid, format as 'text');
      }) as typeof types.getTypeParser,
    },
  });
  pool.on('error', (error) => {
    // The pool adds the whole client to the error, which must not be logged.
    delete (error as { client?: unknown }).client;
    options.onIdleError?.(error);
  });
  return new InstrumentedDatabase(
    { dialect: new PugmarkDialect({ pool }) },
    options.metrics === undefined ? null : poolMetrics(pool, options.metrics),
  );
}

/**
 * Parses the text of a `timestamptz`. Postgres writes ISO 8601 except for two characters in a UTC session, and V8
 * parses that much faster than pg, which handles all formats.
 */
function parseInstant(text: string): Date | number {
  const isPlain = text.length <= 29 && text.endsWith('+00') && text.charCodeAt(10) === SPACE;
  return isPlain
    ? new Date(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`)
    : (types.getTypeParser(TIMESTAMP_WITH_ZONE, 'text') as (text: string) => Date | number)(text);
}

/** The counter of retried transactions by reason; null if the database was created without metrics. */
export function retryCounterOf(db: Database): Counter<'reason'> | null {
  return db instanceof InstrumentedDatabase ? db.retries : null;
}

class InstrumentedDatabase extends Kysely<Schema> {
  constructor(
    config: KyselyConfig,
    readonly retries: Counter<'reason'> | null,
  ) {
    super(config);
  }
}

function poolMetrics(pool: Pool, registry: Registry): Counter<'reason'> {
  registerGauge(
    registry,
    'pugmark_database_pool_connections',
    'Connections to the database, in use or idle',
    () => pool.totalCount,
  );
  registerGauge(registry, 'pugmark_database_pool_idle', 'Idle connections to the database', () => pool.idleCount);
  registerGauge(
    registry,
    'pugmark_database_pool_waiting',
    'Callers that wait for a connection to the database',
    () => pool.waitingCount,
  );
  return new Counter({
    name: 'pugmark_database_retries_total',
    help: 'Transactions that were retried',
    labelNames: ['reason'],
    registers: [registry],
  });
}

/** Rejects when Postgres does not answer: for readiness checks. */
export async function pingDatabase(db: Database): Promise<void> {
  await sql`select 1`.execute(db);
}
