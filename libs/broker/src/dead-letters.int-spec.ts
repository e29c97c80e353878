import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { ROUTES, TOPOLOGY } from '@pugmark/contracts';
import { createTestVhost, waitUntil, type TestVhost } from '@pugmark/testing';
import { DeadLetters } from './dead-letters';
import { TopologyAdmin } from './topology/topology-admin';

const QUEUE = TOPOLOGY.deadLetters.queue.name;

describe('DeadLetters', () => {
  let vhost: TestVhost;
  let outside: ChannelModel;
  let channel: ConfirmChannel;
  let letters: DeadLetters;

  beforeEach(async () => {
    vhost = await createTestVhost();
    await new TopologyAdmin(vhost.url, vhost.managementUrl).repair();
    outside = await connect(vhost.url);
    channel = await outside.createConfirmChannel();
    letters = await DeadLetters.open(vhost.url);
  });

  afterEach(async () => {
    await letters.close();
    await outside.close();
    await vhost.drop();
  });

  async function given(
    id: string,
    content: string | Buffer,
    headers: object = { 'x-pugmark-reason': 'not JSON', 'x-pugmark-queue': ROUTES.detect.queue.name },
  ): Promise<void> {
    const type = ROUTES.detect.wireName;
    channel.publish(TOPOLOGY.deadLetters.exchange.name, '', Buffer.from(content), {
      messageId: id,
      type,
      headers: { 'x-version': 1, ...headers },
      timestamp: 1_700_000_000,
    });
    await channel.waitForConfirms();
  }

  const ids = async (): Promise<string[]> => (await letters.list(100)).letters.map(({ id }) => id);
  const waiting = async (queue: string): Promise<number> => (await channel.checkQueue(queue)).messageCount;

  it('lists letters in order with their origin and reason, repeatedly, without removing any', async () => {
    await given('a', '{');
    await given('b', '{}', {
      'x-version': 99,
      'x-pugmark-reason': 'x-version is 99, not 1',
      'x-pugmark-queue': ROUTES.scan.queue.name,
    });
    for (let attempt = 0; attempt < 30; attempt += 1)
      await waitUntil('both letters', async () => (await ids()).join() === 'a,b');
    expect((await letters.list(1)).letters).toHaveLength(1);
    await waitUntil('both to be back', async () => (await letters.list(1)).total === 2);
    expect((await letters.list(10)).letters).toEqual([
      {
        id: 'a',
        reason: 'not JSON',
        queue: 'pugmark.detect',
        type: 'pugmark.detect.requested',
        version: 1,
        bytes: 1,
        publishedAt: '2023-11-14T22:13:20.000Z',
      },
      expect.objectContaining({ id: 'b', reason: 'x-version is 99, not 1', queue: 'pugmark.scan', version: 99 }),
    ]);
  });

  it('gives a letter without messageId the same id at every listing', async () => {
    channel.publish(TOPOLOGY.deadLetters.exchange.name, '', Buffer.from('{'), { headers: { 'x-version': 1 } });
    await channel.waitForConfirms();
    const first = await waitUntil('the letter', async () => (await ids())[0]);
    for (let attempt = 0; attempt < 3; attempt += 1)
      await waitUntil('the same letter', async () => (await ids()).join() === first);
    expect(first).toMatch(/^[0-9a-f]{12}$/);
  });

  it('reports why the broker itself dead-lettered a message', async () => {
    channel.publish(ROUTES.export.exchange.name, ROUTES.export.routingKey, Buffer.from('{}'), { messageId: 'x' });
    await channel.waitForConfirms();
    await waitUntil('the rejection', async () => {
      const message = await channel.get(ROUTES.export.queue.name);
      if (message !== false) channel.reject(message, false);
      return message !== false;
    });
    await waitUntil('the dead letter', async () => (await ids()).length === 1);
    expect((await letters.list(10)).letters[0]).toMatchObject({
      id: 'x',
      reason: 'rejected by its consumer',
      queue: 'pugmark.export',
    });
  });

  it('shows a letter as text or in hexadecimal, and names an unknown id', async () => {
    await given('text', '{"a":1}');
    await given('binary', Buffer.from([0xff, 0xfe, 0x00]));
    expect(await letters.show('text')).toMatchObject({
      body: '{"a":1}',
      encoding: 'utf8',
      headers: { 'x-version': 1 },
    });
    await waitUntil('all to be back', async () => (await ids()).length === 2);
    expect(await letters.show('binary')).toMatchObject({ body: 'fffe00', encoding: 'hex' });
    await expect(letters.show('unknown')).rejects.toThrow('no dead letter has the id unknown');
  });

  it('requeues a letter unchanged on the route that it came from', async () => {
    await given('a', '{"taskId":1,"attempt":1}');
    await given('b', '{');
    expect(await letters.requeue(['a'])).toEqual([expect.objectContaining({ outcome: 'requeued', reason: null })]);
    const message = await waitUntil('it to arrive', () => channel.get(ROUTES.detect.queue.name, { noAck: true }));
    expect(message.content.toString()).toBe('{"taskId":1,"attempt":1}');
    expect(message.properties).toMatchObject({ type: ROUTES.detect.wireName, messageId: 'a' });
    expect(message.properties.headers).not.toHaveProperty('x-pugmark-reason');
    await waitUntil('the other to be kept', async () => (await ids()).join() === 'b');
  });

  it('keeps letters without a matching route, with the reason', async () => {
    await given('stranger', '{}', { 'x-pugmark-reason': 'x', 'x-pugmark-queue': 'theirs' });
    await given('unbound', '{}');
    await channel.unbindQueue(ROUTES.detect.queue.name, ROUTES.detect.exchange.name, ROUTES.detect.routingKey);
    const outcomes = await letters.requeue('all');
    expect(outcomes.map(({ letter, outcome, reason }) => [letter.id, outcome, reason])).toEqual([
      ['stranger', 'kept', 'the queue theirs is not part of the topology'],
      ['unbound', 'kept', 'no queue is bound to its route: see pugmark topology'],
    ]);
    await waitUntil('both to be back', async () => (await waiting(QUEUE)) === 2);
  });

  it('drops the given letters, and none when one of the ids is unknown', async () => {
    await given('a', '{');
    await given('b', '{');
    await expect(letters.drop(['a', 'slip'])).rejects.toThrow('no dead letter has the id slip');
    await waitUntil('both to be back', async () => (await waiting(QUEUE)) === 2);
    expect(await letters.drop(['a'])).toMatchObject([{ outcome: 'dropped' }]);
    await waitUntil('the other to be kept', async () => (await ids()).join() === 'b');
    await letters.drop('all');
    expect(await ids()).toEqual([]);
  });
});
