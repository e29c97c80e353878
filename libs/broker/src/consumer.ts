import type { Channel, ConsumeMessage } from 'amqplib';
import { PROBE_WIRE_NAME, ROUTES, type Route, type TaskNotification, type TaskKind } from '@pugmark/contracts';
import { RetryableError, withDeadline } from '@pugmark/domain';
import { backoffMs, sleep, type Logger } from '@pugmark/platform';
import type { ManagedConnection } from './managed-connection';
import { parseNotification } from './parse-message';
import { declareRoute } from './topology/declare-topology';

const BACKOFF = { firstMs: 100, maxMs: 5_000 } as const;
const CHECK_MS = 3_000;
/** Consecutive checks at which messages were ready, the prefetch had free capacity, and none was delivered. */
const CHECKS_UNTIL_STALLED = 2;

export interface ConsumerOptions {
  readonly kind: TaskKind;
  readonly prefetch: number;
  readonly connection: ManagedConnection;
  readonly logger: Logger;
  readonly onDelivery: (delivery: { readonly message: TaskNotification; ack(): void }) => void;
  /** Answers a probe; not awaited. */
  readonly onProbe: (message: ConsumeMessage) => void;
  /** Handles a malformed message; resolves when it is safe to ack it. */
  readonly onMalformed: (message: ConsumeMessage, reason: string) => Promise<void>;
}

/** Deliveries of one channel. */
interface ChannelCounts {
  delivered: number;
  unacked: number;
}

/**
 * Consumes one queue on its own channel, and resubscribes after whatever ends that: a closed channel, a closed
 * connection, a cancelled consumer, a deleted queue. Some of that goes unreported (the consumer of a queue that was
 * deleted and redeclared at once stays registered but gets no messages), so the consumer also checks every few seconds
 * that ready messages are delivered.
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
    this.#loop = this.#keepSubscribed();
  }

  get kind(): TaskKind {
    return this.#options.kind;
  }

  /** Subscriptions made so far. */
  subscriptions = 0;

  get subscribed(): boolean {
    return this.#subscribed;
  }

  /** Stops deliveries. The channel stays open, so that delivered messages can be acked until the connection closes. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#cancel?.();
  }

  /** Call after `close`: closes the channel, which returns unacked deliveries to the queue. */
  async closeChannel(): Promise<void> {
    this.#closing.abort();
    this.#endSession?.(new RetryableError('closed', 'the consumer was closed'));
    await this.#loop;
  }

  async #keepSubscribed(): Promise<void> {
    const { connection, logger, kind } = this.#options;
    const { signal } = this.#closing;
    let failures = 0;
    while (!signal.aborted) {
      await connection.waitUntilOpen(signal);
      if (signal.aborted) return;
      const startedAt = performance.now();
      try {
        await this.#runSession();
      } catch (err) {
        if (!signal.aborted)
          logger.warn({ err, kind, queue: this.#route.queue.name }, 'the consumer stopped; subscribing again');
      }
      failures = performance.now() - startedAt > 10_000 ? 1 : failures + 1;
      await sleep(backoffMs(failures, BACKOFF), signal);
    }
  }

  async #runSession(): Promise<void> {
    const { connection, logger, kind, prefetch } = this.#options;
    const channel = await connection.withResponseDeadline(connection.model.createChannel(), 'opening a channel');
    const ended = new Promise<Error>((resolve) => {
      this.#endSession = resolve;
      channel.on('error', (error) => resolve(error));
      channel.on('close', () => resolve(new RetryableError('channel_closed', 'the channel was closed')));
    });
    const served: ChannelCounts = { delivered: 0, unacked: 0 };
    try {
      // The queue may have been deleted, which is why this consumer resubscribes.
      await Promise.race([this.#subscribe(channel, prefetch, served), ended.then((error) => Promise.reject(error))]);
      this.#subscribed = true;
      this.subscriptions += 1;
      logger.info({ kind, queue: this.#route.queue.name, prefetch }, 'consuming');
      throw await Promise.race([ended, this.#watchForStall(channel, served, ended)]);
    } finally {
      this.#subscribed = false;
      this.#cancel = undefined;
      this.#endSession = undefined;
      // Usually closed already, which makes `close` throw.
      await withDeadline(
        Promise.resolve().then(() => channel.close()),
        1_000,
        'closing a channel',
      ).catch(() => undefined);
    }
  }

  async #subscribe(channel: Channel, prefetch: number, served: ChannelCounts): Promise<void> {
    await declareRoute(channel, this.#options.kind);
    await this.#options.connection.withResponseDeadline(channel.prefetch(prefetch), 'setting the prefetch');
    const { consumerTag } = await this.#options.connection.withResponseDeadline(
      channel.consume(this.#route.queue.name, (message) => this.#receive(channel, served, message)),
      'subscribing',
    );
    this.#cancel = () =>
      withDeadline(channel.cancel(consumerTag), 2_000, 'cancelling the consumer').catch(() => undefined);
  }

  /** Resolves with an error when messages are ready and the prefetch has free capacity, but none is delivered. */
  async #watchForStall(channel: Channel, served: ChannelCounts, ended: Promise<Error>): Promise<Error> {
    const over = new AbortController();
    void ended.then(() => over.abort());
    for (let doubts = 0; ;) {
      const before = served.delivered;
      await sleep(CHECK_MS, over.signal);
      if (over.signal.aborted || this.#closing.signal.aborted) return ended;
      // A deleted queue closes the channel, which ends the session as well.
      const { messageCount } = await this.#options.connection.withResponseDeadline(
        channel.checkQueue(this.#route.queue.name),
        'reading the queue',
      );
      const unserved = messageCount > 0 && served.delivered === before && served.unacked < this.#options.prefetch;
      doubts = unserved ? doubts + 1 : 0;
      if (doubts >= CHECKS_UNTIL_STALLED)
        return new RetryableError('not_served', `${messageCount} messages are ready and none is delivered`);
    }
  }

  #receive(channel: Channel, served: ChannelCounts, message: ConsumeMessage | null): void {
    if (message === null) {
      // The broker cancelled the consumer: its queue was deleted, or its node went down. There is no other sign of
      // that.
      this.#endSession?.(
        new RetryableError('consumer_cancelled', 'the broker cancelled the consumer: was the queue deleted?'),
      );
      return;
    }
    served.delivered += 1;
    served.unacked += 1;
    const ack = (): void => {
      served.unacked -= 1;
      try {
        channel.ack(message);
      } catch {
        // The channel is closed: the broker delivers the message again, and it will be stale.
      }
    };
    if (message.properties.type === PROBE_WIRE_NAME) {
      ack();
      return this.#options.onProbe(message);
    }
    const parsed = parseNotification(this.#route, message);
    if ('notification' in parsed) return this.#options.onDelivery({ message: parsed.notification, ack });
    void this.#options.onMalformed(message, parsed.malformed).then(ack, async (err: unknown) => {
      this.#options.logger.warn({ err }, 'a malformed message could not be moved to the dead letters yet');
      // Not kept: it would occupy a place in the prefetch.
      await sleep(1_000, this.#closing.signal);
      served.unacked -= 1;
      try {
        channel.reject(message, true);
      } catch {
        // The channel is closed, and the message is back in its queue.
      }
    });
  }
}
