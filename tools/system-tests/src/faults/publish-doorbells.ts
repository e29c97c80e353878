import { connect } from 'amqplib';
import { ROUTES } from '@pugmark/contracts';
import { withDeadline } from '@pugmark/domain';

/** Doorbells that no dispatcher of ours has rung, in the order given. */
export async function publishDoorbells(
  amqpUrl: string,
  doorbells: readonly { readonly taskId: number; readonly attempt: number }[],
): Promise<void> {
  const { exchange, routingKey, wireName, version } = ROUTES.detect;
  const model = await connect(amqpUrl);
  try {
    const channel = await model.createConfirmChannel();
    for (const doorbell of doorbells) {
      channel.publish(exchange.name, routingKey, Buffer.from(JSON.stringify(doorbell)), {
        type: wireName,
        headers: { 'x-version': version },
      });
    }
    await withDeadline(channel.waitForConfirms(), 20_000, 'confirms of doubled doorbells');
  } finally {
    await model.close();
  }
}
