import { Client } from 'pg';
import { isConnectionBroken } from './is-connection-broken';
import { PreparedNames } from './prepared-statements';

/** Internals of pg that its types do not declare. */
interface ClientInternals {
  readonly connection: {
    readonly stream: { destroy(): void };
    readonly parsedStatements: Record<string, string>;
    emit(event: 'error', error: unknown): boolean;
  };
}

/**
 * A client that closes its connection after the first query that timed out. pg's `query_timeout` rejects the query but
 * leaves it on the wire, so that the next user of the connection would wait behind it, on a half-open network forever;
 * the pool replaces a closed connection. It also reports a broken connection as soon as the server announces its end:
 * the socket closes a little later, and until then pg would hand the connection to the next caller.
 */
export class StatementDeadlineClient extends Client {
  readonly #prepared = new PreparedNames();

  constructor(config?: ConstructorParameters<typeof Client>[0]) {
    super(config);
    // A connection can break between two statements of a transaction, when there is no query to reject and the pool,
    // which listens to idle clients only, does not listen: without a listener the error would end the process. The next
    // statement fails instead.
    this.on('error', () => undefined);
  }

  // pg's `query` has many overloads; Kysely uses the one with a promise. Other arguments are passed on.
  override query(...args: unknown[]): never {
    const [text, values] = args;
    const prepared = typeof text === 'string' ? this.#prepared.nameOf(text) : null;
    if (prepared !== null && prepared.evicted !== null) this.#deallocate(prepared.evicted);
    const given = prepared === null ? args : [{ name: prepared.name, text, values }, ...args.slice(2)];
    const result: unknown = (super.query as (...a: unknown[]) => unknown).apply(this, given);
    if (result instanceof Promise) {
      result.catch((error: unknown) => {
        const { connection } = this as unknown as ClientInternals;
        if (error instanceof Error && error.message === 'Query read timeout') connection.stream.destroy();
        // Before the caller learns of the error and releases the connection.
        else if (isConnectionBroken(error)) connection.emit('error', error);
      });
    }
    return result as never;
  }

  /**
   * Sent before the next query. If it fails, the connection is broken, and its prepared statements are lost with it.
   */
  #deallocate(name: string): void {
    const { parsedStatements } = (this as unknown as ClientInternals).connection;
    // The server never accepted it: it does not know the name, and an error would abort the next transaction.
    if (parsedStatements[name] === undefined) return;
    delete parsedStatements[name];
    super.query(`deallocate ${name}`).catch(() => undefined);
  }
}
