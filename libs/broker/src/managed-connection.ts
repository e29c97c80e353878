import { connect, type ChannelModel } from 'amqplib';
import { RetryableError, messageOf, withDeadline } from '@pugmark/domain';
import { backoffMs, sleep, type Logger } from '@pugmark/platform';

export interface ManagedConnectionOptions {
  readonly url: string;
  /** Shown in RabbitMQ's list of connections: `service/publish`, `service/consume`. */
  readonly name: string;
  readonly logger: Logger;
}

const CONNECT_DEADLINE_MS = 10_000;
const RPC_DEADLINE_MS = 5_000;
const HEARTBEAT_SECONDS = 10;
const BACKOFF = { firstMs: 100, maxMs: 5_000 } as const;

/**
 * A connection that reconnects with jittered backoff until closed. amqplib's own recovery is not used: it restores
 * connections but not channels, so channel owners here need their own recovery anyway.
 */
export class ManagedConnection {
  readonly #options: ManagedConnectionOptions;
  readonly #closing = new AbortController();
  #model: ChannelModel | undefined;
  #blocked: string | null = null;
  #lastError = 'not connected yet';
  #waiters: (() => void)[] = [];
  #loop: Promise<void> | undefined;
  #lost = new AbortController();
  connects = 0;

  constructor(options: ManagedConnectionOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop = this.#keepConnected();
  }

  /** The open connection. Throws RetryableError `broker_unavailable` while there is none. */
  get model(): ChannelModel {
    if (this.#model === undefined)
      throw new RetryableError('broker_unavailable', `RabbitMQ is not connected: ${this.#lastError}`);
    return this.#model;
  }

  get connected(): boolean {
    return this.#model !== undefined;
  }

  /** Why the broker takes no messages (a memory or disk alarm); null while it does. */
  get blocked(): string | null {
    return this.#blocked;
  }

  get lastError(): string {
    return this.#lastError;
  }

  /** Aborted when the current connection ends. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Resolves when the connection is open, or the signal is aborted. */
  async waitUntilOpen(signal: AbortSignal): Promise<void> {
    while (this.#model === undefined && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          signal.removeEventListener('abort', wake);
          resolve();
        };
        this.#waiters.push(wake);
        signal.addEventListener('abort', wake);
      });
    }
  }

  /**
   * Destroys a connection that does not respond; a new one is opened. A graceful close would wait for a response as
   * well.
   */
  abandon(reason: string): void {
    if (this.#model === undefined) return;
    this.#options.logger.warn(
      { connection: this.#options.name, reason },
      'abandoning a broker connection that does not respond',
    );
    destroySocket(this.#model);
  }

  /** Awaits the response to a call on this connection. When it does not come in time, the connection is abandoned. */
  async withResponseDeadline<T>(promise: Promise<T>, operation: string, deadlineMs = RPC_DEADLINE_MS): Promise<T> {
    try {
      return await withDeadline(promise, deadlineMs, operation);
    } catch (error) {
      if (error instanceof RetryableError && error.code === 'deadline_exceeded')
        this.abandon(`${operation} was not answered`);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const model = this.#model;
    if (model !== undefined) {
      await withDeadline(model.close(), 2_000, 'closing the broker connection').catch(() => destroySocket(model));
    }
    await this.#loop;
  }

  async #keepConnected(): Promise<void> {
    const { logger, name } = this.#options;
    const { signal } = this.#closing;
    let failures = 0;
    while (!signal.aborted) {
      const openedAt = performance.now();
      try {
        await this.#runSession(signal);
      } catch (err) {
        this.#lastError = messageOf(err);
        if (!signal.aborted) logger.warn({ err, connection: name }, 'no connection to RabbitMQ');
      }
      // The connection was stable: reset the backoff.
      failures = performance.now() - openedAt > 10_000 ? 1 : failures + 1;
      await sleep(backoffMs(failures, BACKOFF), signal);
    }
  }

  /** Opens a connection and resolves or rejects when it ends. */
  async #runSession(signal: AbortSignal): Promise<void> {
    const { url, name, logger } = this.#options;
    const target = new URL(url);
    target.searchParams.set('heartbeat', String(HEARTBEAT_SECONDS));
    const attempt = connect(target.href, {
      clientProperties: { connection_name: name },
      timeout: CONNECT_DEADLINE_MS,
      noDelay: true,
      keepAlive: true,
    });
    const model = await withDeadline(attempt, CONNECT_DEADLINE_MS + 1_000, 'connecting to RabbitMQ').catch(
      (error: unknown) => {
        // A connection that opens after the deadline must not be left open.
        attempt.then(destroySocket, () => undefined);
        throw error;
      },
    );
    const ended = new Promise<Error | undefined>((resolve) => {
      // A forced close emits 'close' alone, a broken socket both; 'error' without a listener would end the process.
      model.on('error', (error) => (this.#lastError = error.message));
      model.on('close', (error?: Error) => resolve(error));
    });
    model.on('blocked', (reason) => {
      this.#blocked = reason;
      logger.error({ connection: name, reason }, 'RabbitMQ takes no messages: free its memory or disk');
    });
    model.on('unblocked', () => {
      this.#blocked = null;
      logger.info({ connection: name }, 'RabbitMQ takes messages again');
    });
    if (signal.aborted) destroySocket(model);
    this.#lost = new AbortController();
    this.#model = model;
    this.#blocked = null;
    this.connects += 1;
    logger.info({ connection: name }, 'connected to RabbitMQ');
    for (const wake of this.#waiters.splice(0)) wake();
    const error = await ended;
    this.#model = undefined;
    this.#lost.abort();
    if (error !== undefined) this.#lastError = error.message;
    if (!signal.aborted)
      throw new RetryableError(
        'broker_unavailable',
        `the connection to RabbitMQ ended: ${error?.message ?? this.#lastError}`,
      );
  }
}

/**
 * Destroys the socket of a connection. amqplib exposes it only inside its connection, and has no public way to end a
 * connection without a handshake. It notices a socket error, but a mere close only by missed heartbeats.
 */
function destroySocket(model: ChannelModel): void {
  (model.connection as unknown as { stream: { destroy(error: Error): void } }).stream.destroy(new Error('abandoned'));
}
