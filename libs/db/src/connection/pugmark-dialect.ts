import {
  PostgresDialect,
  PostgresDriver,
  type DatabaseConnection,
  type Driver,
  type PostgresDialectConfig,
} from 'kysely';
import { isConnectionBroken } from './is-connection-broken';

/** Kysely's Postgres dialect with a driver that preserves the error of a failed transaction. */
export class PugmarkDialect extends PostgresDialect {
  readonly #config: PostgresDialectConfig;

  constructor(config: PostgresDialectConfig) {
    super(config);
    this.#config = config;
  }

  override createDriver(): Driver {
    return new ErrorPreservingDriver(this.#config);
  }
}

/**
 * Kysely rolls back after every failure, and if the rollback fails too, its error replaces the first one: after a
 * connection broke during COMMIT, the caller would only learn that the connection is unusable, as if nothing had been
 * sent. The server rolls back the transaction of a broken connection by itself, and the pool discards the connection.
 */
class ErrorPreservingDriver extends PostgresDriver {
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await super.rollbackTransaction(connection);
    } catch (error) {
      if (!isConnectionBroken(error)) throw error;
    }
  }
}
