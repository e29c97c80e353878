import { connect, type Channel, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { createTestVhost, waitUntil, type TestVhost } from '@pugmark/testing';
import { FRAME } from './amqp-frames';
import { AmqpProxy } from './amqp-proxy';

const DEADLINE_MS = 8_000;

/** A connection and how it ended. */
interface Client {
  readonly model: ChannelModel;
  readonly errors: string[];
  closed: boolean;
}

interface Consumer {
  readonly channel: Channel;
  readonly received: string[];
  readonly codes: (number | undefined)[];
  closed: boolean;
}

let vhost: TestVhost;
let proxy: AmqpProxy;
/** A connection that bypasses the proxy. */
let outside: ChannelModel;
let control: ConfirmChannel;

beforeEach(async () => {
  vhost = await createTestVhost();
  const { hostname, port } = new URL(vhost.url);
  proxy = await AmqpProxy.listen({ host: hostname, port: Number(port || 5672) });
  outside = await connect(vhost.url);
  control = await outside.createConfirmChannel();
});

afterEach(async () => {
  // Clients that are not closed lose their socket, as most tests intend.
  await proxy.close();
  await outside.close();
  await vhost.drop();
});

async function connectClient(heartbeat = 0): Promise<Client> {
  const model = await connect(`${proxy.through(vhost.url)}?heartbeat=${heartbeat}`);
  const client: Client = { model, errors: [], closed: false };
  model.on('error', (error) => client.errors.push(error.message));
  model.on('close', () => (client.closed = true));
  return client;
}

async function consume({ model }: Client, queue: string): Promise<Consumer> {
  const channel = await model.createChannel();
  const consumer: Consumer = { channel, received: [], codes: [], closed: false };
  channel.on('error', (error: { code?: number }) => consumer.codes.push(error.code));
  channel.on('close', () => (consumer.closed = true));
  await channel.assertQueue(queue, { durable: false });
  await channel.consume(queue, (message) =>
    consumer.received.push(message === null ? 'cancelled' : message.content.toString()),
  );
  return consumer;
}

async function publish(queue: string, text: string): Promise<void> {
  control.sendToQueue(queue, Buffer.from(text));
  await control.waitForConfirms();
}

const until = (what: string, condition: () => unknown): Promise<unknown> => waitUntil(what, condition, DEADLINE_MS);

it('ackUnknownDelivery closes exactly the consuming channels, with 406', async () => {
  const client = await connectClient();
  const bystander = await client.model.createChannel();
  const consumers = [await consume(client, 'one'), await consume(await connectClient(), 'two')];

  expect(proxy.ackUnknownDelivery()).toBe(2);

  await until('the consuming channels to close', () => consumers.every(({ closed }) => closed));
  expect(consumers.map(({ codes }) => codes)).toEqual([[406], [406]]);
  await bystander.assertQueue('three', { durable: false });
  expect(client).toMatchObject({ closed: false, errors: [] });

  // The number of the closed channel is reused, and works.
  const again = await consume(client, 'one');
  await publish('one', 'after the fault');
  await until('a delivery', () => again.received.includes('after the fault'));
});

it('ackUnknownDelivery does not disturb a message that is being published', async () => {
  const client = await connectClient();
  const { channel, codes } = await consume(client, 'one');
  const image = Buffer.alloc(4 * 1024 * 1024, 'x');
  let bodies = 0;
  let hit = 0;
  const remove = proxy.interceptUp((frames) => {
    if (frames.readUInt8(0) !== FRAME.contentBody) return 'forward';
    bodies += 1;
    if (bodies === 2) hit = proxy.ackUnknownDelivery();
    return 'forward';
  });
  await control.assertQueue('images', { durable: false });
  channel.sendToQueue('images', image);

  await until('the channel to close', () => codes.length > 0);
  expect({ hit, codes }).toEqual({ hit: 1, codes: [406] });
  await until('the whole message', async () => (await control.checkQueue('images')).messageCount === 1);
  const message = await control.get('images', { noAck: true });
  expect(message && message.content.equals(image)).toBe(true);
  expect(client).toMatchObject({ closed: false, errors: [] });
  remove();
});

it('cutOn cuts connections that declare a queue, as often as requested; the broker receives no declare', async () => {
  const order = proxy.cutOn(50, 10, 2);
  for (const cuts of [1, 2]) {
    const client = await connectClient();
    const channel = await client.model.createChannel();
    channel.on('error', () => {});
    await expect(channel.assertQueue('wanted', { durable: false })).rejects.toThrow('Channel ended');
    await until('the connection to be closed', () => client.closed);
    expect(client.errors).toEqual([expect.stringContaining('ECONNRESET')]);
    expect(order.cuts).toBe(cuts);
    await expect(existsAtBroker('wanted')).resolves.toBe(false);
  }
  const channel = await (await connectClient()).model.createChannel();
  await channel.assertQueue('wanted', { durable: false });
  expect(order.cuts).toBe(2);
});

it('pause delays deliveries, and resume delivers them', async () => {
  const client = await connectClient();
  const { received, channel } = await consume(client, 'one');
  proxy.pause();
  await publish('one', 'late');
  // The broker has sent it: the message is not ready for others, and the consumer still exists.
  await until('the broker to have sent it', async () => (await control.checkQueue('one')).messageCount === 0);
  expect(await control.checkQueue('one')).toMatchObject({ consumerCount: 1 });
  expect(received).toEqual([]);

  proxy.resume();
  await until('the delivery', () => received.length > 0);
  expect(received).toEqual(['late']);
  await channel.checkQueue('one');
  expect(client).toMatchObject({ closed: false, errors: [] });
});

it('pause leaves a half-open connection: the client gives up, the broker does not notice', async () => {
  const client = await connectClient(1);
  await consume(client, 'one');
  // The broker counts missed heartbeats as well. It gets two more heartbeats of the client (sent every half second)
  // than the client gets of the broker, so that the broker gives up later.
  let heartbeats = 0;
  const remove = proxy.interceptUp((frames) => {
    if (frames.readUInt8(0) === FRAME.heartbeat) heartbeats += 1;
    return 'forward';
  });
  proxy.pause('down');
  await until('two heartbeats of the client', () => heartbeats === 2);
  proxy.pause();
  remove();

  await until('the client to give up', () => client.closed);
  expect(client.errors).toEqual([expect.stringMatching(/heartbeat/i)]);
  // Checked on the queue, which is up to date; the management API's list lags behind.
  expect(await control.checkQueue('one')).toMatchObject({ consumerCount: 1 });
  expect(proxy.connections).toBe(1);

  proxy.resume();
  await until('the broker to notice', async () => (await control.checkQueue('one')).consumerCount === 0);
});

async function existsAtBroker(queue: string): Promise<boolean> {
  const channel = await outside.createChannel();
  channel.on('error', () => {});
  return channel.checkQueue(queue).then(
    () => true,
    () => false,
  );
}
