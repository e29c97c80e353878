import { EventEmitter } from 'node:events';
import type { ManagedConnection } from './managed-connection';
import { notificationMessage } from './messages';
import { Publisher } from './publisher';

/**
 * A channel that confirms messages only when the test requests it. A real broker cannot be made to do that without
 * waiting for its deadlines.
 */
class SilentChannel extends EventEmitter {
  readonly confirms: (() => void)[] = [];
  consume(): Promise<object> {
    return Promise.resolve({});
  }
  publish(...[, , , , confirm]: [string, string, Buffer, object, () => void]): boolean {
    this.confirms.push(confirm);
    return true;
  }
}

const notificationsOf = (count: number) =>
  Array.from({ length: count }, (_, n) =>
    notificationMessage('detect', { taskId: n + 1, attempt: 1, traceparent: null }),
  );

it('limits the number of unconfirmed messages, and sends more as confirms arrive', async () => {
  const channel = new SilentChannel();
  const model = { createConfirmChannel: () => Promise.resolve(channel) };
  const connection = { blocked: null, model, withResponseDeadline: (promise: Promise<unknown>) => promise };
  const publisher = new Publisher(connection as unknown as ManagedConnection);
  const first = publisher.publish(notificationsOf(2_000));
  await new Promise((resolve) => setImmediate(resolve));
  expect(publisher.inFlight).toBe(2_000);
  await expect(publisher.publish(notificationsOf(100))).rejects.toMatchObject({ code: 'too_many_in_flight' });

  for (const confirm of channel.confirms.splice(0)) confirm();
  expect((await first).every((outcome) => outcome === 'confirmed')).toBe(true);
  expect(publisher.inFlight).toBe(0);
  const second = publisher.publish(notificationsOf(100));
  await new Promise((resolve) => setImmediate(resolve));
  for (const confirm of channel.confirms.splice(0)) confirm();
  await expect(second).resolves.toHaveLength(100);
});

it('sends nothing while the broker blocks publishing', async () => {
  const publisher = new Publisher({ blocked: 'low on memory' } as unknown as ManagedConnection);
  await expect(publisher.publish(notificationsOf(1))).rejects.toMatchObject({
    code: 'broker_blocked',
    message: expect.stringContaining('low on memory'),
  });
});
