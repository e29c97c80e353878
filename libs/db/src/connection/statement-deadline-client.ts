import { Client } from 'pg';
import { isConnectionBroken } from './is-connection-broken';
import { PreparedNames } from './prepared-statements';

/** What pg does not declare. */
interface ClientInternals {
  readonly connection: {
    readonly stream: { destroy(): void };
    readonly parsedStatements: Record<string, string>;
    emit(event: 'error', error: unknown): boolean;
  };
}

/**
 * A connection that dies of its first timed-out query. pg's `query_timeout` fails the query but leaves it on the wire, so that
 * the next user of the connection would wait behind it, on a half-open network forever. Destroyed, the pool replaces it. And one
 * that is known to be broken as soon as the server says so: the end of the socket comes a little later, and until then pg would hand
 * the connection to the next in line.
 */
export class StatementDeadlineClient extends Client {
  readonly #prepared = new PreparedNames();

  constructor(config?: ConstructorParameters<typeof Client>[0]) {
    super(config);
    // A connection can break between two statements of a transaction, when no query is there to fail and the pool, which minds
    // only idle clients, does not listen: without a listener the error would end the process. The next statement fails instead.
    this.on('error', () => undefined);
  }

  // The overloads of pg's `query` are many; Kysely uses the one with a promise, and whatever is given is passed on.
  override query(...args: unknown[]): never {
    const [text, values] = args;
    const prepared = typeof text === 'string' ? this.#prepared.nameOf(text) : null;
    if (prepared !== null && prepared.forgotten !== null) this.#deallocate(prepared.forgotten);
    const given = prepared === null ? args : [{ name: prepared.name, text, values }, ...args.slice(2)];
    const result: unknown = (super.query as (...a: unknown[]) => unknown).apply(this, given);
    if (result instanceof Promise) {
      result.catch((error: unknown) => {
        const { connection } = this as unknown as ClientInternals;
        if (error instanceof Error && error.message === 'Query read timeout') connection.stream.destroy();
        // Before the query's caller hears of it and gives the connection back.
        else if (isConnectionBroken(error)) connection.emit('error', error);
      });
    }
    return result as never;
  }

  /** On the wire before what is asked next. Where it fails the connection is broken, and what it had prepared is gone with it. */
  #deallocate(name: string): void {
    const { parsedStatements } = (this as unknown as ClientInternals).connection;
    // The server never took it: it knows no such name, and an error would end the transaction that comes next.
    if (parsedStatements[name] === undefined) return;
    delete parsedStatements[name];
    super.query(`deallocate ${name}`).catch(() => undefined);
  }
}
