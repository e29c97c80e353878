import { connect, type Channel, type ChannelModel } from 'amqplib';
import { RetryableError, withDeadline } from '@pugmark/domain';

const DEADLINE_MS = 10_000;
const CLOSE_DEADLINE_MS = 2_000;

/** Opens a connection for one command-line command, without reconnecting; `name` is shown in RabbitMQ's list. */
export async function openConnection(url: string, name: string): Promise<ChannelModel> {
  const attempt = connect(url, { timeout: DEADLINE_MS, clientProperties: { connection_name: name } });
  const model = await withDeadline(attempt, DEADLINE_MS + 1_000, 'connecting to RabbitMQ');
  // Pending calls fail by themselves.
  model.on('error', () => undefined);
  return model;
}

export async function closeConnection(model: ChannelModel): Promise<void> {
  await withDeadline(model.close(), CLOSE_DEADLINE_MS, 'closing the connection').catch(() => undefined);
}

/**
 * Opens a channel, uses it and closes it, which returns fetched unacked messages. When the broker closes the channel,
 * rejects with its reason.
 */
export async function withChannel<C extends Channel, T>(
  opening: Promise<C>,
  use: (channel: C) => Promise<T>,
): Promise<T> {
  const channel = await withDeadline(opening, DEADLINE_MS, 'opening a channel');
  let refuse: (error: Error) => void = () => undefined;
  const refused = new Promise<never>((_resolve, reject) => (refuse = reject));
  refused.catch(() => undefined);
  channel.on('error', (error: Error) => refuse(error));
  channel.on('close', () => refuse(new RetryableError('broker_unavailable', 'RabbitMQ closed the channel')));
  try {
    return await Promise.race([use(channel), refused]);
  } finally {
    // Already closed if a call was refused.
    await Promise.resolve()
      .then(() => withDeadline(channel.close(), DEADLINE_MS, 'closing a channel'))
      .catch(() => undefined);
  }
}
