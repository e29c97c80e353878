import {
  PostgresDialect,
  PostgresDriver,
  type DatabaseConnection,
  type Driver,
  type PostgresDialectConfig,
} from 'kysely';
import { isConnectionBroken } from './is-connection-broken';

/** Kysely's Postgres, but that the end of a transaction is told as it was. */
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
 * Kysely rolls back after every failure, and where that fails too its error hides the first one: of a connection that broke while
 * COMMIT was on its way one would hear only that it cannot be used, as if nothing had been sent. What a broken connection had begun,
 * the server rolls back by itself, and the pool takes no such connection back.
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
