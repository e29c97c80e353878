import { connect } from 'amqplib';
import { ROUTES } from '@pugmark/contracts';
import { withDeadline } from '@pugmark/domain';

/** Publishes notifications that no dispatcher has published, in the given order. */
export async function publishNotifications(
  amqpUrl: string,
  notifications: readonly { readonly taskId: number; readonly attempt: number }[],
): Promise<void> {
  const { exchange, routingKey, wireName, version } = ROUTES.detect;
  const model = await connect(amqpUrl);
  try {
    const channel = await model.createConfirmChannel();
    for (const notification of notifications) {
      channel.publish(exchange.name, routingKey, Buffer.from(JSON.stringify(notification)), {
        type: wireName,
        headers: { 'x-version': version },
      });
    }
    await withDeadline(channel.waitForConfirms(), 20_000, 'confirms of duplicate notifications');
  } finally {
    await model.close();
  }
}
