import { EventEmitter } from 'node:events';
import type { ManagedConnection } from './managed-connection';
import { notificationMessage } from './messages';
import { Publisher } from './publisher';

/** A broker that takes messages and confirms none until told to: it cannot be had from a real one without waiting for its deadlines. */
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

const bells = (count: number) =>
  Array.from({ length: count }, (_, n) => notificationMessage('detect', { taskId: n + 1, attempt: 1, traceparent: null }));

it('sends no more than a set number of messages without a confirm, and more as confirms come', async () => {
  const channel = new SilentChannel();
  const model = { createConfirmChannel: () => Promise.resolve(channel) };
  const connection = { blocked: null, model, answered: (promise: Promise<unknown>) => promise };
  const publisher = new Publisher(connection as unknown as ManagedConnection);
  const first = publisher.publish(bells(2_000));
  await new Promise((resolve) => setImmediate(resolve));
  expect(publisher.inFlight).toBe(2_000);
  await expect(publisher.publish(bells(100))).rejects.toMatchObject({ code: 'too_many_in_flight' });

  for (const confirm of channel.confirms.splice(0)) confirm();
  expect((await first).every((outcome) => outcome === 'confirmed')).toBe(true);
  expect(publisher.inFlight).toBe(0);
  const second = publisher.publish(bells(100));
  await new Promise((resolve) => setImmediate(resolve));
  for (const confirm of channel.confirms.splice(0)) confirm();
  await expect(second).resolves.toHaveLength(100);
});

it('sends nothing while the broker takes no messages', async () => {
  const publisher = new Publisher({ blocked: 'low on memory' } as unknown as ManagedConnection);
  await expect(publisher.publish(bells(1))).rejects.toMatchObject({
    code: 'broker_blocked',
    message: expect.stringContaining('low on memory'),
  });
});
