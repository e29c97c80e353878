import { connect, type ChannelModel } from 'amqplib';
import { RetryableError, messageOf, withDeadline } from '@pugmark/domain';
import { sleep, type Logger } from '@pugmark/platform';

export interface ManagedConnectionOptions {
  readonly url: string;
  /** Shown in RabbitMQ's list of connections: `service/publish`, `service/consume`. */
  readonly name: string;
  readonly logger: Logger;
}

const CONNECT_DEADLINE_MS = 10_000;
const RPC_DEADLINE_MS = 5_000;
const HEARTBEAT_SECONDS = 10;
const BACKOFF_MS = { first: 100, most: 5_000 } as const;

/**
 * One connection, made again whenever it ends, with jittered backoff, until closed. amqplib's own recovery is not used: it
 * restores connections but not channels, so that channels are watched by their owners here in any case.
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
    this.#loop = this.#keep();
  }

  /** The open connection; a RetryableError `broker_away` while there is none. */
  get model(): ChannelModel {
    if (this.#model === undefined)
      throw new RetryableError('broker_away', `RabbitMQ is not connected: ${this.#lastError}`);
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

  /** Aborted when the present connection ends. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Resolves when there is a connection, or the signal is aborted. */
  async opened(signal: AbortSignal): Promise<void> {
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

  /** Gives up a connection that does not answer; a fresh one follows. A polite close would wait for an answer as well. */
  abandon(reason: string): void {
    if (this.#model === undefined) return;
    this.#options.logger.warn(
      { connection: this.#options.name, reason },
      'giving up a broker connection that does not answer',
    );
    destroySocket(this.#model);
  }

  /** The answer to a call on this connection; one that does not answer in time is of no use any more and is given up. */
  async answered<T>(promise: Promise<T>, what: string, deadlineMs = RPC_DEADLINE_MS): Promise<T> {
    try {
      return await withDeadline(promise, deadlineMs, what);
    } catch (error) {
      if (error instanceof RetryableError && error.code === 'deadline_exceeded')
        this.abandon(`${what} was not answered`);
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

  async #keep(): Promise<void> {
    const { logger, name } = this.#options;
    const { signal } = this.#closing;
    let failures = 0;
    while (!signal.aborted) {
      const openedAt = performance.now();
      try {
        await this.#session(signal);
      } catch (err) {
        this.#lastError = messageOf(err);
        if (!signal.aborted) logger.warn({ err, connection: name }, 'no connection to RabbitMQ');
      }
      // A connection that held for a while was a good one: begin the backoff anew.
      failures = performance.now() - openedAt > 10_000 ? 1 : failures + 1;
      const backoffMs = Math.min(BACKOFF_MS.most, BACKOFF_MS.first * 2 ** failures);
      await sleep(backoffMs * (0.5 + Math.random() / 2), signal);
    }
  }

  /** From connecting to the end of that connection. */
  async #session(signal: AbortSignal): Promise<void> {
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
        // A broker that answers after we gave up must not leave a connection behind that nobody closes.
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
      throw new RetryableError('broker_away', `the connection to RabbitMQ ended: ${error?.message ?? this.#lastError}`);
  }
}

/**
 * amqplib shows the socket only inside its connection; there is no public way to end a connection without a handshake. It notices
 * an error on the socket, but not a mere close, which it would find out by missed heartbeats.
 */
function destroySocket(model: ChannelModel): void {
  (model.connection as unknown as { stream: { destroy(error: Error): void } }).stream.destroy(new Error('given up'));
}
