import { Client } from 'pg';

/**
 * A connection that dies of its first timed-out query. pg's `query_timeout` fails the query but leaves it on the wire, so that
 * the next user of the connection would wait behind it, on a half-open network forever. Destroyed, the pool replaces it.
 */
export class DeadlineClient extends Client {
  constructor(config?: ConstructorParameters<typeof Client>[0]) {
    super(config);
    // A connection can break between two statements of a transaction, when no query is there to fail and the pool, which minds
    // only idle clients, does not listen: without a listener the error would end the process. The next statement fails instead.
    this.on('error', () => undefined);
  }

  // The overloads of pg's `query` are many; Kysely uses the one with a promise, and whatever is given is passed on.
  override query(...args: unknown[]): never {
    const result: unknown = (super.query as (...a: unknown[]) => unknown).apply(this, args);
    if (result instanceof Promise) {
      result.catch((error: unknown) => {
        if (error instanceof Error && error.message === 'Query read timeout') {
          (this as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
        }
      });
    }
    return result as never;
  }
}
