import type { Channel, ConsumeMessage } from 'amqplib';
import { PROBE_WIRE_NAME, ROUTES, type Route, type TaskDoorbell, type TaskKind } from '@pugmark/contracts';
import { RetryableError, withDeadline } from '@pugmark/domain';
import { pause, type Logger } from '@pugmark/platform';
import type { ManagedConnection } from './managed-connection';
import { parseDoorbell } from './parse-doorbell';
import { declareTopology } from './topology';

const RPC_DEADLINE_MS = 5_000;
const BACKOFF_MS = { first: 100, most: 5_000 } as const;

export interface ConsumerOptions {
  readonly kind: TaskKind;
  readonly prefetch: number;
  readonly connection: ManagedConnection;
  readonly logger: Logger;
  readonly onDelivery: (delivery: { readonly message: TaskDoorbell; ack(): void }) => void;
  /** Takes a message that nobody can read; resolves when it is safe to ack it. */
  readonly onMalformed: (message: ConsumeMessage, reason: string) => Promise<void>;
}

/**
 * Consumes one queue on a channel of its own, and takes up again whatever ends that: a closed channel, a closed connection, a
 * cancelled consumer, a deleted queue.
 */
export class Consumer {
  readonly #options: ConsumerOptions;
  readonly #route: Route;
  readonly #closing = new AbortController();
  #subscribed = false;
  #endSession: ((reason: Error) => void) | undefined;
  #cancel: (() => Promise<unknown>) | undefined;
  readonly #loop: Promise<void>;

  constructor(options: ConsumerOptions) {
    this.#options = options;
    this.#route = ROUTES[options.kind];
    this.#loop = this.#keep();
  }

  get kind(): TaskKind {
    return this.#options.kind;
  }

  get subscribed(): boolean {
    return this.#subscribed;
  }

  /** No more deliveries; the channel stays, so that what was delivered can still be acked until the connection closes. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#cancel?.();
  }

  /** After `close`: gives up the channel, which returns unacked deliveries to the queue. */
  async end(): Promise<void> {
    this.#closing.abort();
    this.#endSession?.(new RetryableError('closed', 'the consumer was closed'));
    await this.#loop;
  }

  async #keep(): Promise<void> {
    const { connection, logger, kind } = this.#options;
    const { signal } = this.#closing;
    let failures = 0;
    while (!signal.aborted) {
      await connection.opened(signal);
      if (signal.aborted) return;
      const startedAt = performance.now();
      try {
        await this.#session();
      } catch (err) {
        if (!signal.aborted) logger.warn({ err, kind, queue: this.#route.queue.name }, 'the consumer stopped; subscribing again');
      }
      failures = performance.now() - startedAt > 10_000 ? 1 : failures + 1;
      await pause(Math.min(BACKOFF_MS.most, BACKOFF_MS.first * 2 ** failures) * (0.5 + Math.random() / 2), signal);
    }
  }

  async #session(): Promise<void> {
    const { connection, logger, kind, prefetch } = this.#options;
    const channel = await this.#rpc(connection.model.createChannel(), 'opening a channel');
    const ended = new Promise<Error>((resolve) => {
      this.#endSession = resolve;
      channel.on('error', (error) => resolve(error));
      channel.on('close', () => resolve(new RetryableError('channel_closed', 'the channel was closed')));
    });
    try {
      // The queue may be gone: that is why this consumer had to subscribe again.
      await Promise.race([this.#subscribe(channel, prefetch), ended.then((error) => Promise.reject(error))]);
      this.#subscribed = true;
      logger.info({ kind, queue: this.#route.queue.name, prefetch }, 'consuming');
      throw await ended;
    } finally {
      this.#subscribed = false;
      this.#cancel = undefined;
      this.#endSession = undefined;
      // Already closed in most cases, which throws.
      await withDeadline(Promise.resolve().then(() => channel.close()), 1_000, 'closing a channel').catch(() => undefined);
    }
  }

  async #subscribe(channel: Channel, prefetch: number): Promise<void> {
    await declareTopology(channel);
    await this.#rpc(channel.prefetch(prefetch), 'setting the prefetch');
    const { consumerTag } = await this.#rpc(
      channel.consume(this.#route.queue.name, (message) => this.#receive(channel, message)),
      'subscribing',
    );
    this.#cancel = () => withDeadline(channel.cancel(consumerTag), 2_000, 'cancelling the consumer').catch(() => undefined);
  }

  #receive(channel: Channel, message: ConsumeMessage | null): void {
    if (message === null) {
      // The broker cancelled the consumer: its queue was deleted, or its node went down. Nothing else would tell.
      this.#endSession?.(new RetryableError('consumer_cancelled', 'the broker cancelled the consumer: was the queue deleted?'));
      return;
    }
    const ack = (): void => {
      try {
        channel.ack(message);
      } catch {
        // The channel is gone; the broker delivers the message again and it will be found stale.
      }
    };
    if (message.properties.type === PROBE_WIRE_NAME) return ack();
    const parsed = parseDoorbell(this.#route, message);
    if ('doorbell' in parsed) return this.#options.onDelivery({ message: parsed.doorbell, ack });
    void this.#options.onMalformed(message, parsed.malformed).then(ack, async (err: unknown) => {
      this.#options.logger.warn({ err }, 'a malformed message could not be moved to the dead letters yet');
      // Not kept: it would take a place in the prefetch from good messages.
      await pause(1_000, this.#closing.signal);
      try {
        channel.reject(message, true);
      } catch {
        // The channel is gone, and the message is back in its queue.
      }
    });
  }

  /** A call that the broker does not answer means a connection that is of no use. */
  async #rpc<T>(promise: Promise<T>, what: string): Promise<T> {
    try {
      return await withDeadline(promise, RPC_DEADLINE_MS, what);
    } catch (error) {
      if (error instanceof RetryableError && error.code === 'deadline_exceeded') this.#options.connection.abandon(`${what} was not answered`);
      throw error;
    }
  }
}
