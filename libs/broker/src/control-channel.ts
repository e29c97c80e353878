import type { Channel } from 'amqplib';
import type { ManagedConnection } from './managed-connection';

/** Channel for queries and declarations, opened when needed and reopened after the broker closed it. */
export class ControlChannel {
  readonly #connection: ManagedConnection;
  #channel: Promise<Channel> | undefined;

  constructor(connection: ManagedConnection) {
    this.#connection = connection;
  }

  /** Runs one call, or several, within `deadlineMs`. A connection that does not respond in time is abandoned. */
  async use<T>(call: (channel: Channel) => Promise<T>, operation: string, deadlineMs?: number): Promise<T> {
    const channel = await this.#open();
    // A refused call closes the channel; amqplib then reports the reason to the channel only, not to the pending calls.
    let refuse: (error: Error) => void = () => undefined;
    const refused = new Promise<never>((_resolve, reject) => channel.once('error', (refuse = reject)));
    try {
      return await Promise.race([this.#connection.withResponseDeadline(call(channel), operation, deadlineMs), refused]);
    } finally {
      channel.off('error', refuse);
    }
  }

  async #open(): Promise<Channel> {
    this.#channel ??= this.#create().catch((error: unknown) => {
      this.#channel = undefined;
      throw error;
    });
    return this.#channel;
  }

  async #create(): Promise<Channel> {
    const channel = await this.#connection.withResponseDeadline(
      this.#connection.model.createChannel(),
      'opening a channel',
    );
    // The error is reported by the call; the next call gets a new channel.
    channel.on('error', () => undefined);
    channel.on('close', () => (this.#channel = undefined));
    return channel;
  }
}
