import { connect } from 'amqplib';
import { withDeadline } from '@pugmark/domain';

/** Removes the messages that are ready in a queue. Resolves with their number. */
export async function purgeQueue(amqpUrl: string, queue: string): Promise<number> {
  const model = await connect(amqpUrl);
  try {
    const channel = await model.createChannel();
    const { messageCount } = await withDeadline(channel.purgeQueue(queue), 20_000, 'purging a queue');
    return messageCount;
  } finally {
    await model.close();
  }
}
