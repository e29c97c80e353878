import { connect as connectSocket, createServer, type AddressInfo } from 'node:net';
import { connect, type ChannelModel } from 'amqplib';
import { ROUTES, TOPOLOGY, type ServiceName, type TaskNotification, type TaskKind } from '@pugmark/contracts';
import { createMetrics, type Registry } from '@pugmark/platform';
import { createTestVhost, testLogger, waitUntil, type TestVhost } from '@pugmark/testing';
import { Broker } from './broker';

const TIMEOUT_MS = 20_000;

describe('Broker', () => {
  let vhost: TestVhost;
  let broker: Broker;
  let outside: ChannelModel;
  let metrics: Registry;

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

  function create(service: ServiceName, managementUrl: string | undefined = vhost.managementUrl): Broker {
    metrics = createMetrics('test');
    return new Broker({ url: vhost.url, managementUrl, service, logger: testLogger(), metrics, probeEveryMs: 2_000 });
  }

  /** Starts a broker that consumes nothing, like the gateway's. */
  function start(): Broker {
    const started = create('gateway');
    started.start();
    return started;
  }

  /** Replaces the broker by one that consumes, like the ml-worker's. */
  async function consuming(onDelivery?: (delivery: { message: TaskNotification; ack(): void }) => void) {
    await broker.close();
    broker = create('ml-worker');
    broker.consume('classify', 1, (delivery) => delivery.ack());
    const received: TaskNotification[] = [];
    const subscription = broker.consume('detect', 10, (delivery) => {
      received.push(delivery.message);
      if (onDelivery === undefined) delivery.ack();
      else onDelivery(delivery);
    });
    broker.start();
    return { received, close: () => subscription.close() };
  }

  const metric = async (name: string): Promise<string> =>
    (await metrics.metrics())
      .split('\n')
      .filter((line) => line.startsWith(name))
      .join('\n');

  const ready = (): Promise<unknown> => waitUntil('the broker to be ready', () => broker.status().ready, TIMEOUT_MS);
  const notificationsOf = (...ids: number[]) => ids.map((taskId) => ({ taskId, attempt: 1, traceparent: null }));

  it('declares the topology, compares it with the management API, and delivers a notification to its consumer', async () => {
    const { received } = await consuming();
    await ready();
    expect(broker.status()).toMatchObject({
      topology: 'verified',
      publisher: 'up',
      consumers: { detect: 'subscribed' },
    });

    expect(await broker.publishNotifications('detect', notificationsOf(7, 8))).toEqual({
      confirmed: [7, 8],
      failed: [],
    });

    await waitUntil('both notifications', () => received.length === 2);
    expect(received.map((message) => ({ ...message }))).toEqual([
      { taskId: 7, attempt: 1 },
      { taskId: 8, attempt: 1 },
    ]);
  });

  it('reports when there is no management API to compare with', async () => {
    await broker.close();
    broker = new Broker({ url: vhost.url, service: 'gateway', logger: testLogger(), metrics: createMetrics('test') });
    broker.start();
    await ready();
    expect(broker.status().topology).toBe('declared');
  });

  it('declares and probes while the management API is down, reports that nothing was compared, and compares when it is back', async () => {
    await broker.close();
    const { hostname, port } = new URL(vhost.managementUrl);
    const door = createServer((client) => {
      const server = connectSocket(Number(port), hostname);
      client.pipe(server).pipe(client);
      for (const socket of [client, server]) socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', () => resolve()));
    const own = (door.address() as AddressInfo).port;
    await new Promise((resolve) => door.close(resolve));
    const url = new URL(vhost.managementUrl);
    url.port = String(own);
    broker = create('gateway', url.href);
    broker.start();
    await ready();
    expect(broker.status().topology).toBe('declared');
    expect(await metric('pugmark_topology_compared')).toMatch(/ 0$/);

    await new Promise<void>((resolve) => door.listen(own, '127.0.0.1', () => resolve()));
    await waitUntil('the comparison', () => broker.status().topology === 'verified');
    expect(await metric('pugmark_topology_compared')).toMatch(/ 1$/);
    await new Promise((resolve) => door.close(resolve));
  });

  it('redeclares a deleted queue at once when it has no consumer', async () => {
    await ready();
    const channel = await outside.createChannel();
    await channel.deleteQueue(ROUTES.detect.queue.name);
    await waitUntil('the queue to exist again', () => broker.readyCount('detect').then(() => true), 10_000);
  });

  it('sets delivery limit and dead letters by policy, so that no queue argument can clash', async () => {
    await ready();
    for (const { name, definition } of TOPOLOGY.policies) {
      const policy = (await (await vhost.manage('GET', `/policies/{vhost}/${name}`)).json()) as object;
      expect(policy).toMatchObject({ definition, 'apply-to': 'queues' });
    }
  });

  it('reports a notification that reached no queue as returned, although the broker acked it', async () => {
    await ready();
    const channel = await outside.createChannel();
    await channel.unbindQueue(ROUTES.detect.queue.name, ROUTES.detect.exchange.name, ROUTES.detect.routingKey);
    expect(await broker.publishNotifications('detect', notificationsOf(1))).toEqual({
      confirmed: [],
      failed: [{ taskId: 1, reason: 'returned' }],
    });
    expect(await broker.publishNotifications('scan', notificationsOf(2))).toEqual({ confirmed: [2], failed: [] });
  });

  it('is unready while a foreign binding exists, and names it', async () => {
    const channel = await outside.createChannel();
    await ready();
    await channel.assertQueue('thief', { durable: true });
    await channel.bindQueue('thief', ROUTES.detect.exchange.name, 'detect');
    await broker.close();
    broker = start();
    await waitUntil('the difference to be seen', () => broker.status().topology === 'differs');
    expect(broker.status().ready).toBe(false);
    expect(broker.status().problems).toContain('foreign binding pugmark.work --detect--> thief (queue)');

    await channel.deleteQueue('thief');
    await ready();
  });

  it('is unready, with the reason, when a queue exists with other arguments', async () => {
    await ready();
    await broker.close();
    const channel = await outside.createChannel();
    await channel.deleteQueue(ROUTES.export.queue.name);
    await channel.assertQueue(ROUTES.export.queue.name, { durable: true });
    broker = start();
    await waitUntil('the difference to be seen', () => broker.status().topology === 'differs');
    expect(broker.status().problems).toContain(
      'queue pugmark.export is of type classic, not quorum; has arguments {}, not {"x-queue-type":"quorum"}',
    );
    expect(await metric('pugmark_topology_differences')).toMatch(/ [1-9]$/);
  });

  it('names an exchange of another type, a binding with arguments, and a policy that overrides the declared one, one line each', async () => {
    await ready();
    await broker.close();
    const channel = await outside.createChannel();
    await channel.deleteExchange(TOPOLOGY.deadLetters.exchange.name);
    await channel.assertExchange(TOPOLOGY.deadLetters.exchange.name, 'topic', { durable: true });
    await channel.bindQueue(ROUTES.scan.queue.name, ROUTES.scan.exchange.name, 'scan', { since: 1 });
    await vhost.manage('PUT', '/policies/{vhost}/theirs', {
      pattern: 'detect',
      'apply-to': 'all',
      definition: { 'max-length': 5 },
      priority: 9,
    });
    broker = start();
    await waitUntil('the differences to be seen', () => broker.status().topology === 'differs');
    expect(broker.status().problems).toEqual(
      expect.arrayContaining([
        'exchange pugmark.dead-letters is of type topic, not fanout',
        'foreign binding pugmark.work --scan--> pugmark.scan (queue {"since":1})',
        'queue pugmark.detect is under the foreign policy theirs (priority 9), which keeps pugmark-work from it',
      ]),
    );
  });

  it("reports the broker's error when the topology differs and there is no management API", async () => {
    await ready();
    await broker.close();
    const channel = await outside.createChannel();
    await channel.deleteQueue(ROUTES.export.queue.name);
    await channel.assertQueue(ROUTES.export.queue.name, { durable: true });
    broker = new Broker({ url: vhost.url, service: 'gateway', logger: testLogger(), metrics: createMetrics('test') });
    broker.start();
    await waitUntil('the difference to be seen', () => broker.status().topology === 'differs');
    expect(broker.status().problems.join()).toMatch(/PRECONDITION_FAILED.*pugmark\.export/);
  });

  it('redeclares and counts a removed binding as soon as a notification is returned', async () => {
    const { received } = await consuming();
    await ready();
    const channel = await outside.createChannel();
    await channel.unbindQueue(ROUTES.detect.queue.name, ROUTES.detect.exchange.name, ROUTES.detect.routingKey);
    expect((await broker.publishNotifications('detect', notificationsOf(1))).failed).toEqual([
      { taskId: 1, reason: 'returned' },
    ]);
    await waitUntil(
      'the binding to be back',
      async () => (await broker.publishNotifications('detect', notificationsOf(2))).confirmed.length === 1,
    );
    await waitUntil('the notification', () => received.length > 0);
    await waitUntil('the count', async () => (await metric('pugmark_topology_repairs_total')).endsWith(' 1'));
    await ready();
  });

  it("refuses to start without a handler for each of its queues, with two, or with one for another service's queue", async () => {
    expect(() => create('ml-worker').start()).toThrow('ml-worker must consume pugmark.detect');
    const doubled = create('ml-worker');
    const { close } = doubled.consume('detect', 1, () => undefined);
    expect(() => doubled.consume('detect', 1, () => undefined)).toThrow('ml-worker consumes pugmark.detect twice');
    await close();
    await doubled.close();
    expect(() => create('gateway').consume('detect', 1, () => undefined)).toThrow(
      'pugmark.detect is consumed by ml-worker, not by gateway',
    );
  });

  describe('the probe of each route', () => {
    const route = (kind: TaskKind) => broker.status().routes.find((each) => each.kind === kind);

    it('is answered by the consumer, with its name and the round trip', async () => {
      await consuming();
      await ready();
      const detect = await waitUntil('the answer', () => {
        const found = route('detect');
        return found?.state === 'answered' && found;
      });
      expect(detect.responder).toMatch(/^ml-worker@.+\/\d+$/);
      expect(detect.roundTripMs).toBeGreaterThan(0);
      expect(await metric('pugmark_route_answered{route="detect"')).toMatch(/ 1$/);
      expect(await metric('pugmark_route_round_trip_seconds{route="detect"')).toMatch(/ 0\.\d+$/);
      expect(await metric('pugmark_route_responder{')).toContain('ml-worker@');
    });

    it('reports that a queue has no consumer, and when it gets one', async () => {
      await ready();
      await waitUntil('the missing consumer to be reported', () => route('detect')?.state === 'no_consumer');
      expect(broker.status().ready).toBe(true);
      expect(await metric('pugmark_route_answered{route="detect"')).toMatch(/ 0$/);

      const worker = create('ml-worker');
      worker.consume('classify', 1, (delivery) => delivery.ack());
      worker.consume('detect', 1, ({ ack }) => ack());
      worker.start();
      // The consumer now answers the probe that was sent before it existed.
      await waitUntil('the consumer to be seen', () => route('detect')?.state === 'answered');
      await worker.close();
    });

    it(
      'is sent again after it was purged',
      async () => {
        await ready();
        await waitUntil('the missing consumer to be reported', () => route('detect')?.state === 'no_consumer');
        const channel = await outside.createChannel();
        await waitUntil(
          'the probe to be purged',
          async () => (await channel.purgeQueue(ROUTES.detect.queue.name)).messageCount > 0,
        );
        const worker = create('ml-worker');
        worker.consume('classify', 1, (delivery) => delivery.ack());
        worker.consume('detect', 1, ({ ack }) => ack());
        worker.start();
        await waitUntil('the next one to be answered', () => route('detect')?.state === 'answered', TIMEOUT_MS);
        await worker.close();
      },
      2 * TIMEOUT_MS,
    );

    it(
      'waits behind work without being reported as a problem',
      async () => {
        const acks: (() => void)[] = [];
        await consuming(({ ack }) => acks.push(ack));
        await ready();
        await waitUntil('the first answer', () => route('detect')?.state === 'answered');
        const first = route('detect')?.answeredAt;
        // More than the prefetch, so that the next probe waits behind unacked messages.
        await broker.publishNotifications('detect', notificationsOf(...Array.from({ length: 20 }, (_, n) => n + 1)));
        await waitUntil('the probe to wait', () => route('detect')?.state === 'waiting', TIMEOUT_MS);
        expect(broker.status().ready).toBe(true);
        const free = setInterval(() => acks.splice(0).forEach((ack) => ack()), 20);
        await waitUntil(
          'the second answer',
          () => route('detect')?.state === 'answered' && route('detect')?.answeredAt !== first,
          TIMEOUT_MS,
        );
        clearInterval(free);
      },
      2 * TIMEOUT_MS,
    );
  });

  it(
    'consumes again after its queue was deleted',
    async () => {
      const { received } = await consuming();
      await ready();
      const channel = await outside.createChannel();
      await channel.deleteQueue(ROUTES.detect.queue.name);
      await waitUntil(
        'a notification to arrive again',
        async () => {
          await broker.publishNotifications('detect', notificationsOf(1)).catch(() => undefined);
          return received.length > 0;
        },
        TIMEOUT_MS,
      );
      await ready();
    },
    TIMEOUT_MS,
  );

  it(
    'reconnects, verifies and consumes again after every connection was closed by force',
    async () => {
      const { received } = await consuming();
      await ready();
      const connections = await waitUntil(
        'the connections to be listed',
        async () => {
          const all = (await (await vhost.manage('GET', '/vhosts/{vhost}/connections')).json()) as {
            name: string;
            user_provided_name?: string;
          }[];
          const workers = all.filter((connection) => connection.user_provided_name?.startsWith('ml-worker/') === true);
          return workers.length === 2 && workers;
        },
        TIMEOUT_MS,
      );
      for (const { name } of connections) await vhost.manage('DELETE', `/connections/${encodeURIComponent(name)}`);
      await waitUntil('the loss to be seen', () => !broker.status().ready);
      await ready();
      expect(await broker.publishNotifications('detect', notificationsOf(3))).toEqual({ confirmed: [3], failed: [] });
      await waitUntil('the notification', () => received.some(({ taskId }) => taskId === 3));
    },
    TIMEOUT_MS,
  );

  it('moves malformed messages to the dead letters with the reason, and continues', async () => {
    const { received } = await consuming();
    await ready();
    const channel = await outside.createChannel();
    const publish = (content: string, options: object): boolean =>
      channel.publish(ROUTES.detect.exchange.name, 'detect', Buffer.from(content), options);
    publish('{"taskId": 1', { type: ROUTES.detect.wireName, headers: { 'x-version': 1 } });
    publish('{"taskId": -1, "attempt": 1}', { type: ROUTES.detect.wireName, headers: { 'x-version': 1 } });
    publish('{"taskId": 1, "attempt": 1}', { type: ROUTES.detect.wireName, headers: { 'x-version': 99 } });
    publish('{"taskId": 1, "attempt": 1}', { type: 'something.else' });
    await broker.publishNotifications('detect', notificationsOf(5));

    await waitUntil('the valid notification', () => received.some(({ taskId }) => taskId === 5));
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
    const { received, close } = await consuming(() => undefined);
    await ready();
    await broker.publishNotifications('detect', notificationsOf(1, 2, 3));
    await waitUntil('the deliveries', () => received.length === 3);
    await close();
    await broker.close();
    const channel = await outside.createChannel();
    await waitUntil(
      'the messages to be ready again',
      async () => (await channel.checkQueue(ROUTES.detect.queue.name)).messageCount >= 3,
    );
  });
});
