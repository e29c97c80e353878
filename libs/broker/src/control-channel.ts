import type { Channel } from 'amqplib';
import type { ManagedConnection } from './managed-connection';

/** A channel for questions and declarations, opened when needed and again after the broker has closed it. */
export class ControlChannel {
  readonly #connection: ManagedConnection;
  #channel: Promise<Channel> | undefined;

  constructor(connection: ManagedConnection) {
    this.#connection = connection;
  }

  /** One call and its answer, or several within `deadlineMs`; a connection that does not answer is given up. */
  async use<T>(call: (channel: Channel) => Promise<T>, what: string, deadlineMs?: number): Promise<T> {
    const channel = await this.#open();
    // A refused call closes the channel; amqplib then says why to the channel alone, not to the calls that wait behind.
    let refuse: (error: Error) => void = () => undefined;
    const refused = new Promise<never>((_resolve, reject) => channel.once('error', (refuse = reject)));
    try {
      return await Promise.race([this.#connection.answered(call(channel), what, deadlineMs), refused]);
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
    const channel = await this.#connection.answered(this.#connection.model.createChannel(), 'opening a channel');
    // What went wrong is told to the call; the next one gets a new channel.
    channel.on('error', () => undefined);
    channel.on('close', () => (this.#channel = undefined));
    return channel;
  }
}
