import { connect, type Channel, type ChannelModel } from 'amqplib';
import { ROUTES, TASK_KINDS, TOPOLOGY } from '@pugmark/contracts';
import { createTestVhost, waitUntil, type TestVhost } from '@pugmark/testing';
import { TopologyAdmin } from './topology-admin';

/** Exchanges and policies; a queue and a binding for each kind and for dead letters. */
const EVERYTHING = TOPOLOGY.exchanges.length + TOPOLOGY.policies.length + 2 * (TASK_KINDS.length + 1);

describe('TopologyAdmin', () => {
  let vhost: TestVhost;
  let admin: TopologyAdmin;
  let outside: ChannelModel;
  let channel: Channel;

  beforeEach(async () => {
    vhost = await createTestVhost();
    admin = new TopologyAdmin(vhost.url, vhost.managementUrl);
    outside = await connect(vhost.url);
    channel = await outside.createChannel();
    channel.on('error', () => undefined);
  });

  afterEach(async () => {
    await outside.close();
    await vhost.drop();
  });

  const repaired = async (): Promise<string[]> =>
    (await admin.repair()).map(({ outcome, line }) => `${outcome}: ${line}`);

  it('names everything that an empty broker lacks, and declares it', async () => {
    expect(await admin.differences()).toHaveLength(EVERYTHING);
    expect((await admin.repair()).every(({ outcome }) => outcome === 'repaired')).toBe(true);
    expect(await admin.differences()).toEqual([]);
    expect(await admin.repair()).toEqual([]);
  });

  describe('on a broker with the declared topology', () => {
    beforeEach(async () => void (await admin.repair()));

    it('removes foreign bindings, of queues, of exchanges and with arguments', async () => {
      await channel.assertQueue('thief', { durable: true });
      await channel.bindQueue('thief', ROUTES.detect.exchange.name, 'detect');
      await channel.assertExchange('theirs', 'fanout', { durable: true });
      await channel.bindExchange('theirs', TOPOLOGY.deadLetters.exchange.name, '');
      await channel.bindQueue(ROUTES.scan.queue.name, 'theirs', '');
      await channel.bindQueue(ROUTES.scan.queue.name, ROUTES.scan.exchange.name, 'scan', { since: 1 });
      expect((await repaired()).sort()).toEqual([
        'repaired: foreign binding pugmark.dead-letters --> theirs (exchange)',
        'repaired: foreign binding pugmark.work --detect--> thief (queue)',
        'repaired: foreign binding pugmark.work --scan--> pugmark.scan (queue {"since":1})',
        'repaired: foreign binding theirs --> pugmark.scan (queue)',
      ]);
      expect(await admin.differences()).toEqual([]);
    });

    it('replaces an exchange of another type, with our bindings', async () => {
      const { name } = TOPOLOGY.deadLetters.exchange;
      await channel.deleteExchange(name);
      await channel.assertExchange(name, 'topic', { durable: true });
      expect(await repaired()).toContain(`repaired: exchange ${name} is of type topic, not fanout`);
      expect(await admin.differences()).toEqual([]);
    });

    it('replaces an empty queue of another type, and keeps one that holds a message', async () => {
      for (const queue of [ROUTES.scan.queue.name, ROUTES.export.queue.name]) {
        await channel.deleteQueue(queue);
        await channel.assertQueue(queue, { durable: true });
      }
      channel.sendToQueue(ROUTES.export.queue.name, Buffer.from('{}'), { persistent: true });
      await waitUntil(
        'the message',
        async () => (await channel.checkQueue(ROUTES.export.queue.name)).messageCount === 1,
      );

      const repairs = await admin.repair();
      const about = (queue: string) => repairs.find(({ line }) => line.startsWith(`queue ${queue}`));
      expect(about(ROUTES.scan.queue.name)).toMatchObject({
        outcome: 'repaired',
        description: 'was empty and unused; deleted and redeclared',
      });
      expect(about(ROUTES.export.queue.name)).toMatchObject({
        outcome: 'unresolved',
        description: expect.stringContaining('holds messages or is consumed'),
      });
      expect((await admin.differences()).every((line) => line.includes(ROUTES.export.queue.name))).toBe(true);
      expect((await channel.checkQueue(ROUTES.export.queue.name)).messageCount).toBe(1);
    });

    it('replaces a quorum work queue with other arguments only when it has no consumer, and never the dead letters', async () => {
      const other = { durable: true, arguments: { 'x-queue-type': 'quorum', 'x-max-length': 5 } };
      for (const queue of [ROUTES.scan.queue.name, ROUTES.detect.queue.name, TOPOLOGY.deadLetters.queue.name]) {
        await channel.deleteQueue(queue);
        await channel.assertQueue(queue, other);
      }
      await channel.consume(ROUTES.detect.queue.name, () => undefined);
      const repairs = await admin.repair();
      const about = (queue: string) => repairs.find(({ line }) => line.startsWith(`queue ${queue}`));
      expect(about(ROUTES.scan.queue.name)).toMatchObject({
        outcome: 'repaired',
        line: 'queue pugmark.scan has arguments {"x-max-length":5,"x-queue-type":"quorum"}, not {"x-queue-type":"quorum"}',
      });
      expect(about(ROUTES.detect.queue.name)).toMatchObject({
        outcome: 'unresolved',
        description: expect.stringContaining('1 consumers use it'),
      });
      expect(about(TOPOLOGY.deadLetters.queue.name)).toMatchObject({
        outcome: 'unresolved',
        description: expect.stringContaining('may hold dead letters'),
      });
    });

    it('resets a changed policy, and names one that overrides a declared policy', async () => {
      await vhost.manage('PUT', `/policies/{vhost}/${TOPOLOGY.policies[0].name}`, {
        pattern: '^pugmark\\.',
        'apply-to': 'queues',
        definition: { 'delivery-limit': 3 },
      });
      await vhost.manage('PUT', '/policies/{vhost}/theirs', {
        pattern: 'detect',
        'apply-to': 'all',
        definition: { 'max-length': 5 },
        priority: 9,
      });
      const repairs = await admin.repair();
      expect(repairs).toHaveLength(2);
      expect(repairs[0]).toMatchObject({ outcome: 'repaired', description: 'set' });
      expect(repairs[1]).toMatchObject({
        outcome: 'unresolved',
        description: expect.stringContaining('remove the policy theirs from our queues'),
      });
    });
  });
});
