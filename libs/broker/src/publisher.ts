import { randomUUID } from 'node:crypto';
import type { ConfirmChannel, Message } from 'amqplib';
import { PROBE_WIRE_NAME, ROUTES, type Route, type TaskKind } from '@pugmark/contracts';
import { RetryableError, withDeadline } from '@pugmark/domain';
import type { ManagedConnection } from './managed-connection';

const CHANNEL_DEADLINE_MS = 5_000;
const CONFIRM_DEADLINE_MS = 8_000;
/** A probe that nobody consumes leaves the queue by itself. */
const PROBE_EXPIRY_MS = 30_000;

export interface OutgoingMessage {
  readonly exchange: string;
  readonly routingKey: string;
  readonly content: Buffer;
  readonly type: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly expirationMs?: number;
}

export type PublishOutcome = 'confirmed' | 'returned' | 'refused' | 'not_confirmed';

/**
 * Publishes with confirms and `mandatory`. The broker acks even a message that it could not route; only the `return`, which
 * comes before the ack and is matched by messageId, tells. So `confirmed` means: acked and not returned.
 */
export class Publisher {
  readonly #connection: ManagedConnection;
  #channel: Promise<ConfirmChannel> | undefined;
  /** Message ids that came back, until their confirm is here. */
  readonly #returned = new Set<string>();

  constructor(connection: ManagedConnection) {
    this.#connection = connection;
  }

  /**
   * The outcome of each message, in order. Rejects with `broker_away` or `broker_blocked` when nothing can be sent. When
   * confirms do not come in time, the connection is given up: what it still owes will never be known.
   */
  async publish(messages: readonly OutgoingMessage[]): Promise<PublishOutcome[]> {
    if (this.#connection.blocked !== null) {
      throw new RetryableError('broker_blocked', `RabbitMQ takes no messages: ${this.#connection.blocked}`);
    }
    const channel = await this.#open();
    const outcomes: PublishOutcome[] = messages.map(() => 'not_confirmed');
    const all = Promise.all(messages.map((message, index) => this.#send(channel, message).then((outcome) => (outcomes[index] = outcome))));
    try {
      await withDeadline(all, CONFIRM_DEADLINE_MS, 'the broker’s confirm');
    } catch {
      // What was not confirmed stands in the outcomes; a broker that is merely blocked keeps its connection.
      if (this.#connection.blocked === null) this.#connection.abandon('publisher confirms did not come');
    }
    return outcomes;
  }

  #send(channel: ConfirmChannel, message: OutgoingMessage): Promise<PublishOutcome> {
    const messageId = randomUUID();
    return new Promise((resolve) => {
      const settle = (error: unknown): void => {
        const returned = this.#returned.delete(messageId);
        resolve(error !== null && error !== undefined ? 'refused' : returned ? 'returned' : 'confirmed');
      };
      try {
        channel.publish(
          message.exchange,
          message.routingKey,
          message.content,
          {
            mandatory: true,
            persistent: true,
            contentType: 'application/json',
            messageId,
            type: message.type,
            timestamp: Math.floor(Date.now() / 1_000),
            headers: { ...message.headers },
            ...(message.expirationMs === undefined ? {} : { expiration: message.expirationMs }),
          },
          settle,
        );
      } catch {
        // The channel closed between opening and publishing.
        resolve('not_confirmed');
      }
    });
  }

  async #open(): Promise<ConfirmChannel> {
    this.#channel ??= this.#create().catch((error: unknown) => {
      this.#channel = undefined;
      throw error;
    });
    return this.#channel;
  }

  async #create(): Promise<ConfirmChannel> {
    const channel = await withDeadline(this.#connection.model.createConfirmChannel(), CHANNEL_DEADLINE_MS, 'opening a channel').catch(
      (error: unknown) => {
        this.#connection.abandon('a channel could not be opened');
        throw error;
      },
    );
    channel.on('return', (message: Message) => this.#returned.add(String(message.properties.messageId)));
    // The reason of a channel error comes with its close; amqplib fails the outstanding confirms then.
    channel.on('error', () => undefined);
    channel.on('close', () => {
      this.#channel = undefined;
      this.#returned.clear();
    });
    return channel;
  }
}

export function doorbellMessage(kind: TaskKind, doorbell: { taskId: number; attempt: number; traceparent: string | null }): OutgoingMessage {
  const route: Route = ROUTES[kind];
  const { taskId, attempt, traceparent } = doorbell;
  return {
    exchange: route.exchange.name,
    routingKey: route.routingKey,
    type: route.wireName,
    headers: { 'x-version': route.version },
    content: Buffer.from(JSON.stringify(traceparent === null ? { taskId, attempt } : { taskId, attempt, traceparent })),
  };
}

export function probeMessage(kind: TaskKind): OutgoingMessage {
  const route: Route = ROUTES[kind];
  return {
    exchange: route.exchange.name,
    routingKey: route.routingKey,
    type: PROBE_WIRE_NAME,
    content: Buffer.from('{}'),
    expirationMs: PROBE_EXPIRY_MS,
  };
}
