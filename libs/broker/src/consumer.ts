import type { Channel, ConsumeMessage } from 'amqplib';
import { PROBE_WIRE_NAME, ROUTES, type Route, type TaskNotification, type TaskKind } from '@pugmark/contracts';
import { RetryableError, withDeadline } from '@pugmark/domain';
import { sleep, type Logger } from '@pugmark/platform';
import type { ManagedConnection } from './managed-connection';
import { parseNotification } from './parse-message';
import { declareRoute } from './topology/declare-topology';

const BACKOFF_MS = { first: 100, most: 5_000 } as const;
const LOOK_MS = 3_000;
/** Looks in a row at which messages were ready, there was room for them, and none came. */
const LOOKS_TO_DOUBT = 2;

export interface ConsumerOptions {
  readonly kind: TaskKind;
  readonly prefetch: number;
  readonly connection: ManagedConnection;
  readonly logger: Logger;
  readonly onDelivery: (delivery: { readonly message: TaskNotification; ack(): void }) => void;
  /** Answers a probe; never waited for. */
  readonly onProbe: (message: ConsumeMessage) => void;
  /** Takes a message that nobody can read; resolves when it is safe to ack it. */
  readonly onMalformed: (message: ConsumeMessage, reason: string) => Promise<void>;
}

/** What came on one channel. */
interface Served {
  delivered: number;
  unacked: number;
}

/**
 * Consumes one queue on a channel of its own, and takes up again whatever ends that: a closed channel, a closed connection, a
 * cancelled consumer, a deleted queue. And since some of that can happen without a word (a queue that was deleted and declared
 * again at once keeps the consumer in its books, and gives it nothing), it looks every few seconds whether it is really served.
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

  /** Subscriptions made so far. */
  subscriptions = 0;

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
        if (!signal.aborted)
          logger.warn({ err, kind, queue: this.#route.queue.name }, 'the consumer stopped; subscribing again');
      }
      failures = performance.now() - startedAt > 10_000 ? 1 : failures + 1;
      await sleep(Math.min(BACKOFF_MS.most, BACKOFF_MS.first * 2 ** failures) * (0.5 + Math.random() / 2), signal);
    }
  }

  async #session(): Promise<void> {
    const { connection, logger, kind, prefetch } = this.#options;
    const channel = await connection.answered(connection.model.createChannel(), 'opening a channel');
    const ended = new Promise<Error>((resolve) => {
      this.#endSession = resolve;
      channel.on('error', (error) => resolve(error));
      channel.on('close', () => resolve(new RetryableError('channel_closed', 'the channel was closed')));
    });
    const served: Served = { delivered: 0, unacked: 0 };
    try {
      // The queue may be gone: that is why this consumer had to subscribe again.
      await Promise.race([this.#subscribe(channel, prefetch, served), ended.then((error) => Promise.reject(error))]);
      this.#subscribed = true;
      this.subscriptions += 1;
      logger.info({ kind, queue: this.#route.queue.name, prefetch }, 'consuming');
      throw await Promise.race([ended, this.#watchService(channel, served, ended)]);
    } finally {
      this.#subscribed = false;
      this.#cancel = undefined;
      this.#endSession = undefined;
      // Already closed in most cases, which throws.
      await withDeadline(
        Promise.resolve().then(() => channel.close()),
        1_000,
        'closing a channel',
      ).catch(() => undefined);
    }
  }

  async #subscribe(channel: Channel, prefetch: number, served: Served): Promise<void> {
    await declareRoute(channel, this.#options.kind);
    await this.#options.connection.answered(channel.prefetch(prefetch), 'setting the prefetch');
    const { consumerTag } = await this.#options.connection.answered(
      channel.consume(this.#route.queue.name, (message) => this.#receive(channel, served, message)),
      'subscribing',
    );
    this.#cancel = () =>
      withDeadline(channel.cancel(consumerTag), 2_000, 'cancelling the consumer').catch(() => undefined);
  }

  /** Resolves with the reason to subscribe again when messages are ready, there is room for them, and none comes. */
  async #watchService(channel: Channel, served: Served, ended: Promise<Error>): Promise<Error> {
    const over = new AbortController();
    void ended.then(() => over.abort());
    for (let doubts = 0; ;) {
      const before = served.delivered;
      await sleep(LOOK_MS, over.signal);
      if (over.signal.aborted || this.#closing.signal.aborted) return ended;
      // A queue that is gone closes the channel, which ends the session as well.
      const { messageCount } = await this.#options.connection.answered(
        channel.checkQueue(this.#route.queue.name),
        'asking for the queue',
      );
      const unserved = messageCount > 0 && served.delivered === before && served.unacked < this.#options.prefetch;
      doubts = unserved ? doubts + 1 : 0;
      if (doubts >= LOOKS_TO_DOUBT)
        return new RetryableError('not_served', `${messageCount} messages are ready and none is delivered`);
    }
  }

  #receive(channel: Channel, served: Served, message: ConsumeMessage | null): void {
    if (message === null) {
      // The broker cancelled the consumer: its queue was deleted, or its node went down. Nothing else would tell.
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
        // The channel is gone; the broker delivers the message again and it will be found stale.
      }
    };
    if (message.properties.type === PROBE_WIRE_NAME) {
      ack();
      return this.#options.onProbe(message);
    }
    const parsed = parseNotification(this.#route, message);
    if ('doorbell' in parsed) return this.#options.onDelivery({ message: parsed.doorbell, ack });
    void this.#options.onMalformed(message, parsed.malformed).then(ack, async (err: unknown) => {
      this.#options.logger.warn({ err }, 'a malformed message could not be moved to the dead letters yet');
      // Not kept: it would take a place in the prefetch from good messages.
      await sleep(1_000, this.#closing.signal);
      served.unacked -= 1;
      try {
        channel.reject(message, true);
      } catch {
        // The channel is gone, and the message is back in its queue.
      }
    });
  }
}
