import { connect, type ChannelModel } from 'amqplib';
import { ROUTES, TOPOLOGY, type TaskDoorbell } from '@pugmark/contracts';
import { createMetrics } from '@pugmark/platform';
import { createTestVhost, testLogger, waitUntil, type TestVhost } from '@pugmark/testing';
import { Broker } from './broker';

const TIMEOUT_MS = 40_000;

describe('Broker', () => {
  let vhost: TestVhost;
  let broker: Broker;
  let outside: ChannelModel;

  beforeEach(async () => {
    vhost = await createTestVhost();
    outside = await connect(vhost.url);
    broker = start();
  });

  afterEach(async () => {
    await broker.close();
    await outside.close().catch(() => undefined);
    await vhost.drop();
  });

  function start(managementUrl: string | undefined = vhost.managementUrl): Broker {
    const metrics = createMetrics('test');
    const started = new Broker({ url: vhost.url, managementUrl, service: 'test', logger: testLogger(), metrics });
    started.start();
    return started;
  }

  const ready = (): Promise<unknown> => waitUntil('the broker to be ready', () => broker.status().ready, TIMEOUT_MS);
  const bells = (...ids: number[]) => ids.map((taskId) => ({ taskId, attempt: 1, traceparent: null }));

  function collect(): { received: TaskDoorbell[]; close: () => Promise<void> } {
    const received: TaskDoorbell[] = [];
    const subscription = broker.consume('detect', 10, ({ message, ack }) => {
      received.push(message);
      ack();
    });
    return { received, close: () => subscription.close() };
  }

  it('declares the topology, compares it with the management API, and delivers a ring to its consumer', async () => {
    const { received } = collect();
    await ready();
    expect(broker.status()).toMatchObject({ topology: 'verified', publisher: 'up', consumers: { detect: 'subscribed' } });

    expect(await broker.ring('detect', bells(7, 8))).toEqual({ confirmed: [7, 8], failed: [] });

    await waitUntil('both doorbells', () => received.length === 2);
    expect(received.map((doorbell) => ({ ...doorbell }))).toEqual([
      { taskId: 7, attempt: 1 },
      { taskId: 8, attempt: 1 },
    ]);
  });

  it('says so when there is no management API to compare with', async () => {
    await broker.close();
    broker = new Broker({ url: vhost.url, service: 'test', logger: testLogger(), metrics: createMetrics('test') });
    broker.start();
    await ready();
    expect(broker.status().topology).toBe('declared');
  });

  it('sets delivery limit and dead letters by policy, so that no queue argument can clash', async () => {
    await ready();
    const policy = (await (await vhost.manage('GET', `/policies/{vhost}/${TOPOLOGY.policy.name}`)).json()) as object;
    expect(policy).toMatchObject({ definition: { 'delivery-limit': 20 }, 'apply-to': 'queues' });
  });

  it('reports a ring that reached no queue as returned, although the broker acked it', async () => {
    await ready();
    const channel = await outside.createChannel();
    await channel.unbindQueue(ROUTES.detect.queue.name, ROUTES.detect.exchange.name, ROUTES.detect.routingKey);
    expect(await broker.ring('detect', bells(1))).toEqual({ confirmed: [], failed: [{ taskId: 1, reason: 'returned' }] });
    expect(await broker.ring('scan', bells(2))).toEqual({ confirmed: [2], failed: [] });
  });

  it('is unready while a foreign binding stands, and names it', async () => {
    const channel = await outside.createChannel();
    await ready();
    await broker.close();
    await channel.assertQueue('thief', { durable: true });
    await channel.bindQueue('thief', ROUTES.detect.exchange.name, 'detect');
    broker = start();
    await waitUntil('the difference to be seen', () => broker.status().topology === 'differs');
    expect(broker.status().ready).toBe(false);
    expect(broker.status().problems).toEqual(['foreign binding pugmark.work --detect--> thief (queue)']);

    await channel.deleteQueue('thief');
    await ready();
  });

  it('is unready, and says why, when a queue exists with other arguments', async () => {
    await broker.close();
    const channel = await outside.createChannel();
    await channel.deleteQueue(ROUTES.export.queue.name);
    await channel.assertQueue(ROUTES.export.queue.name, { durable: true });
    broker = start();
    await waitUntil('the difference to be seen', () => broker.status().topology === 'differs');
    expect(broker.status().problems.join()).toMatch(/PRECONDITION_FAILED.*pugmark\.export/);
  });

  it('consumes again after its queue was deleted under it', async () => {
    const { received } = collect();
    await ready();
    const channel = await outside.createChannel();
    await channel.deleteQueue(ROUTES.detect.queue.name);
    await waitUntil('a ring to arrive again', async () => {
      await broker.ring('detect', bells(1)).catch(() => undefined);
      return received.length > 0;
    }, TIMEOUT_MS);
    await ready();
  }, TIMEOUT_MS);

  it('connects, verifies and consumes again after every connection was closed by force', async () => {
    const { received } = collect();
    await ready();
    const connections = await waitUntil('the connections to be listed', async () => {
      const all = (await (await vhost.manage('GET', '/vhosts/{vhost}/connections')).json()) as { name: string; user_provided_name?: string }[];
      const ours = all.filter((connection) => connection.user_provided_name?.startsWith('test/') === true);
      return ours.length === 2 && ours;
    }, TIMEOUT_MS);
    for (const { name } of connections) await vhost.manage('DELETE', `/connections/${encodeURIComponent(name)}`);
    await waitUntil('the loss to be seen', () => !broker.status().ready);
    await ready();
    expect(await broker.ring('detect', bells(3))).toEqual({ confirmed: [3], failed: [] });
    await waitUntil('the doorbell', () => received.some(({ taskId }) => taskId === 3));
  }, TIMEOUT_MS);

  it('moves what it cannot read to the dead letters with the reason, and goes on', async () => {
    const { received } = collect();
    await ready();
    const channel = await outside.createChannel();
    const publish = (content: string, options: object): boolean => channel.publish(ROUTES.detect.exchange.name, 'detect', Buffer.from(content), options);
    publish('{"taskId": 1', { type: ROUTES.detect.wireName, headers: { 'x-version': 1 } });
    publish('{"taskId": -1, "attempt": 1}', { type: ROUTES.detect.wireName, headers: { 'x-version': 1 } });
    publish('{"taskId": 1, "attempt": 1}', { type: ROUTES.detect.wireName, headers: { 'x-version': 99 } });
    publish('{"taskId": 1, "attempt": 1}', { type: 'something.else' });
    await broker.ring('detect', bells(5));

    await waitUntil('the good doorbell', () => received.some(({ taskId }) => taskId === 5));
    const reasons = await waitUntil('four dead letters', async () => {
      const { messageCount } = await channel.checkQueue(TOPOLOGY.deadLetters.queue.name);
      if (messageCount < 4) return false;
      const letters = await Promise.all([1, 2, 3, 4].map(() => channel.get(TOPOLOGY.deadLetters.queue.name)));
      return letters.map((letter) => letter !== false && String(letter.properties.headers?.['x-pugmark-reason']));
    });
    expect(reasons).toEqual([
      'not JSON',
      'taskId must be a positive number',
      'x-version is 99, not 1',
      'type is "something.else", not pugmark.detect.requested',
    ]);
    expect(received).toHaveLength(1);
  });

  it('returns unacked deliveries to the queue when it closes', async () => {
    let delivered = 0;
    const subscription = broker.consume('detect', 10, () => delivered++);
    await ready();
    await broker.ring('detect', bells(1, 2, 3));
    await waitUntil('the deliveries', () => delivered === 3);
    await subscription.close();
    await broker.close();
    const channel = await outside.createChannel();
    await waitUntil('the messages to be ready again', async () => (await channel.checkQueue(ROUTES.detect.queue.name)).messageCount >= 3);
  });
});
