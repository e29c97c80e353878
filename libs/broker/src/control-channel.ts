import type { Channel } from 'amqplib';
import { RetryableError, withDeadline } from '@pugmark/domain';
import type { ManagedConnection } from './managed-connection';

const RPC_DEADLINE_MS = 5_000;

/** A channel for questions and declarations, opened when needed and again after the broker has closed it. */
export class ControlChannel {
  readonly #connection: ManagedConnection;
  #channel: Promise<Channel> | undefined;

  constructor(connection: ManagedConnection) {
    this.#connection = connection;
  }

  /** One call and its answer, or several within `deadlineMs`; a connection that does not answer is given up. */
  async use<T>(call: (channel: Channel) => Promise<T>, what: string, deadlineMs = RPC_DEADLINE_MS): Promise<T> {
    const channel = await this.#open();
    // A refused call closes the channel; amqplib then says why to the channel alone, not to the calls that wait behind.
    let refuse: (error: Error) => void = () => undefined;
    const refused = new Promise<never>((_resolve, reject) => channel.once('error', (refuse = reject)));
    try {
      return await Promise.race([this.#answered(call(channel), what, deadlineMs), refused]);
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
    const channel = await this.#answered(this.#connection.model.createChannel(), 'opening a channel', RPC_DEADLINE_MS);
    // What went wrong is told to the call; the next one gets a new channel.
    channel.on('error', () => undefined);
    channel.on('close', () => (this.#channel = undefined));
    return channel;
  }

  async #answered<T>(promise: Promise<T>, what: string, deadlineMs: number): Promise<T> {
    try {
      return await withDeadline(promise, deadlineMs, what);
    } catch (error) {
      if (error instanceof RetryableError && error.code === 'deadline_exceeded') this.#connection.abandon(`${what} was not answered`);
      throw error;
    }
  }
}
