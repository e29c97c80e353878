import { randomUUID } from 'node:crypto';
import type { ConfirmChannel, ConsumeMessage, Message } from 'amqplib';
import { RetryableError, withDeadline } from '@pugmark/domain';
import type { ManagedConnection } from './managed-connection';
import { REPLY_TO, type OutgoingMessage } from './messages';

const CONFIRM_DEADLINE_MS = 8_000;
/** Maximum unconfirmed messages: bounds the memory used when a broker stops confirming. */
const MAX_IN_FLIGHT = 2_048;

export type PublishOutcome = 'confirmed' | 'returned' | 'refused' | 'not_confirmed';

/**
 * Publishes with confirms and `mandatory`. The broker acks even a message that it could not route; only the `return`,
 * which precedes the ack and is matched by messageId, shows that. So `confirmed` means acked and not returned.
 */
export class Publisher {
  readonly #connection: ManagedConnection;
  readonly #onReply: (message: ConsumeMessage) => void;
  #channel: Promise<ConfirmChannel> | undefined;
  /** Ids of returned messages until their confirm arrives. */
  readonly #returned = new Set<string>();
  #inFlight = 0;
  #channels = 0;

  /** `onReply` gets the replies to messages published with `replyTo: REPLY_TO`. */
  constructor(connection: ManagedConnection, onReply: (message: ConsumeMessage) => void = () => undefined) {
    this.#connection = connection;
    this.#onReply = onReply;
  }

  /** Messages published and neither confirmed nor refused yet. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Channels opened so far. Replies to messages sent on an earlier channel never arrive. */
  get channels(): number {
    return this.#channels;
  }

  /**
   * Publishes messages and resolves with their outcomes, in order, within 8 s. Rejects with `broker_unavailable`,
   * `broker_blocked` or `too_many_in_flight` when nothing can be sent. When confirms do not arrive in time, the
   * connection is abandoned: the missing outcomes will never be known.
   */
  async publish(messages: readonly OutgoingMessage[]): Promise<PublishOutcome[]> {
    this.#requireCapacity(messages.length);
    const channel = await this.#open();
    const outcomes: PublishOutcome[] = messages.map(() => 'not_confirmed');
    const all = Promise.all(
      messages.map((message, index) => this.#send(channel, message).then((outcome) => (outcomes[index] = outcome))),
    );
    try {
      await withDeadline(all, CONFIRM_DEADLINE_MS, 'the broker’s confirm');
    } catch {
      // The outcomes show what was not confirmed; a broker that is merely blocked keeps its connection.
      if (this.#connection.blocked === null) this.#connection.abandon('publisher confirms did not arrive');
    }
    return outcomes;
  }

  #requireCapacity(count: number): void {
    if (this.#connection.blocked !== null) {
      throw new RetryableError('broker_blocked', `RabbitMQ takes no messages: ${this.#connection.blocked}`);
    }
    if (this.#inFlight > 0 && this.#inFlight + count > MAX_IN_FLIGHT) {
      throw new RetryableError(
        'too_many_in_flight',
        `${this.#inFlight} messages are unconfirmed; the limit is ${MAX_IN_FLIGHT}`,
      );
    }
  }

  #send(channel: ConfirmChannel, message: OutgoingMessage): Promise<PublishOutcome> {
    const messageId = randomUUID();
    this.#inFlight += 1;
    return new Promise<PublishOutcome>((resolve) => {
      const settle = (error: unknown): void => {
        const returned = this.#returned.delete(messageId);
        resolve(error !== null && error !== undefined ? 'refused' : returned ? 'returned' : 'confirmed');
      };
      const { exchange, routingKey, content, ...properties } = message;
      try {
        channel.publish(
          exchange,
          routingKey,
          content,
          {
            ...properties,
            headers: { ...message.headers },
            mandatory: true,
            persistent: true,
            contentType: 'application/json',
            messageId,
            timestamp: Math.floor(Date.now() / 1_000),
          },
          settle,
        );
      } catch {
        // The channel closed between opening and publishing.
        resolve('not_confirmed');
      }
    }).finally(() => (this.#inFlight -= 1));
  }

  async #open(): Promise<ConfirmChannel> {
    this.#channel ??= this.#create().catch((error: unknown) => {
      this.#channel = undefined;
      throw error;
    });
    return this.#channel;
  }

  async #create(): Promise<ConfirmChannel> {
    const channel = await this.#connection.withResponseDeadline(
      this.#connection.model.createConfirmChannel(),
      'opening a channel',
    );
    channel.on('return', (message: Message) => this.#returned.add(String(message.properties.messageId)));
    // The reason is reported by its close; amqplib then fails the outstanding confirms.
    channel.on('error', () => undefined);
    channel.on('close', () => {
      this.#channel = undefined;
      this.#returned.clear();
    });
    await this.#connection.withResponseDeadline(
      channel.consume(REPLY_TO, (message) => message !== null && this.#onReply(message), { noAck: true }),
      'subscribing to replies',
    );
    this.#channels += 1;
    return channel;
  }
}
