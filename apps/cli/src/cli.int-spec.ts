import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ChannelModel } from 'amqplib';
import { ROUTES, TOPOLOGY } from '@pugmark/contracts';
import { createTestVhost, waitUntil, type TestVhost } from '@pugmark/testing';

const MAIN = join(__dirname, '../dist/bundle/main.js');

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

describe('pugmark', () => {
  let vhost: TestVhost;
  let outside: ChannelModel;
  let folder: string;

  beforeEach(async () => {
    vhost = await createTestVhost();
    outside = await connect(vhost.url);
    folder = mkdtempSync(join(tmpdir(), 'pugmark-cli-'));
  });

  afterEach(async () => {
    await outside.close();
    await vhost.drop();
    rmSync(folder, { recursive: true });
  });

  /** Runs the command as from a shell, on the test's virtual host by default. */
  function pugmark(
    args: readonly string[],
    environment: NodeJS.ProcessEnv = { RABBITMQ_URL: vhost.url, RABBITMQ_MANAGEMENT_URL: vhost.managementUrl },
    cwd = folder,
  ): Promise<Ended> {
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        [MAIN, ...args],
        { cwd, env: { PATH: process.env['PATH'], ...environment }, timeout: 60_000 },
        (error, out, err) => {
          resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, out, err });
        },
      );
    });
  }

  it('prints the topology table without a broker', async () => {
    const { code, out } = await pugmark(['topology', '--offline'], {});
    expect(code).toBe(0);
    for (const { queue, consumer } of Object.values(ROUTES))
      expect(out).toMatch(new RegExp(`${queue.name} .*${consumer}`));
  });

  it('names each difference in one line, repairs it with --repair, and reports what it did', async () => {
    expect((await pugmark(['topology', '--repair'])).code).toBe(0);
    expect(await pugmark(['topology'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('has exactly the declared topology'),
    });
    const channel = await outside.createChannel();
    await channel.assertQueue('thief', { durable: true });
    await channel.bindQueue('thief', ROUTES.detect.exchange.name, 'detect');
    await channel.unbindQueue(ROUTES.scan.queue.name, ROUTES.scan.exchange.name, 'scan');

    const different = await pugmark(['topology']);
    expect(different.code).toBe(1);
    expect(different.out).toContain('2 differences');
    expect(different.out.split('\n')).toEqual(
      expect.arrayContaining([
        '  foreign binding pugmark.work --detect--> thief (queue)',
        '  missing binding pugmark.work --scan--> pugmark.scan',
      ]),
    );
    expect(different.out).not.toContain(new URL(vhost.url).password);

    const repaired = await pugmark(['topology', '--repair', '--json']);
    expect(repaired.code).toBe(0);
    expect(JSON.parse(repaired.out)).toMatchObject({
      differences: [],
      repairs: [{ outcome: 'repaired' }, { outcome: 'repaired' }],
    });
  });

  it('handles dead letters from the list to the drop', async () => {
    await pugmark(['topology', '--repair']);
    const channel = await outside.createConfirmChannel();
    const headers = { 'x-pugmark-reason': 'not JSON\u001b[31m', 'x-pugmark-queue': ROUTES.detect.queue.name };
    for (const id of ['one', 'two'])
      channel.publish(TOPOLOGY.deadLetters.exchange.name, '', Buffer.from('{"taskId": 1'), {
        messageId: id,
        type: ROUTES.detect.wireName,
        headers,
      });
    await channel.waitForConfirms();

    const list = await pugmark(['dead-letters', 'list']);
    expect(list).toMatchObject({ code: 0 });
    expect(list.out).toMatch(/one .*pugmark\.detect .*not JSON\\x1b\[31m/);
    const back = async (): Promise<boolean> =>
      (await channel.checkQueue(TOPOLOGY.deadLetters.queue.name)).messageCount === 2;
    await waitUntil('the letters to be back', back);
    expect((await pugmark(['dead-letters', 'show', 'two'])).out).toContain('{"taskId": 1');
    await waitUntil('the letters to be back', back);
    expect(await pugmark(['dead-letters', 'requeue', 'one'])).toMatchObject({ code: 0, out: 'requeued  one\n' });
    await waitUntil(
      'it to be in its queue',
      async () => (await channel.checkQueue(ROUTES.detect.queue.name)).messageCount === 1,
    );
    await waitUntil(
      'the other to be back',
      async () => (await channel.checkQueue(TOPOLOGY.deadLetters.queue.name)).messageCount === 1,
    );
    expect(await pugmark(['dead-letters', 'drop', 'three'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('no dead letter has the id three'),
    });
    await waitUntil(
      'the other to be back',
      async () => (await channel.checkQueue(TOPOLOGY.deadLetters.queue.name)).messageCount === 1,
    );
    expect(await pugmark(['dead-letters', 'drop', '--all'])).toMatchObject({ code: 0, out: 'dropped  two\n' });
    expect((await pugmark(['dead-letters', 'list'])).out).toBe('no dead letters\n');
  });

  it('finds the broker of the instance that runs in the folder or above it', async () => {
    const { code, err } = await pugmark(['topology'], {});
    expect(code).toBe(2);
    expect(err).toMatch(/set RABBITMQ_URL .* or run npm start/);
    mkdirSync(join(folder, '.pugmark', 'main'), { recursive: true });
    mkdirSync(join(folder, 'below'));
    writeFileSync(
      join(folder, '.pugmark', 'main', 'connections.json'),
      JSON.stringify({ rabbitmqUrl: vhost.url, rabbitmqManagementUrl: vhost.managementUrl }),
    );
    expect((await pugmark(['topology'], {}, join(folder, 'below'))).code).toBe(1);
  });

  it.each([
    [['nonsense'], 2, "no command 'nonsense'; there are: status, upload, topology, dead-letters"],
    [['topology', '--nonsense'], 2, "Unknown option '--nonsense'"],
    [['topology', '--offline', '--repair'], 2, 'exclude one another'],
    [['dead-letters'], 2, 'the action is missing'],
    [['dead-letters', 'drop'], 2, 'give ids, or --all'],
    [['dead-letters', 'list', '--limit', 'x'], 2, 'a whole number'],
  ])('%j exits with %i and a clear message', async (args, code, message) => {
    expect(await pugmark(args)).toMatchObject({ code, err: expect.stringContaining(message) });
  });

  it('exits with 3 when the broker does not answer', async () => {
    const unreachable = { RABBITMQ_URL: 'amqp://u:p@127.0.0.1:1', RABBITMQ_MANAGEMENT_URL: 'http://127.0.0.1:1' };
    expect(await pugmark(['topology'], unreachable)).toMatchObject({
      code: 3,
      err: expect.stringContaining('does not answer'),
    });
    expect(await pugmark(['dead-letters', 'list'], unreachable)).toMatchObject({
      code: 3,
      err: expect.stringContaining('ECONNREFUSED'),
    });
    expect(await pugmark(['topology'], { RABBITMQ_URL: vhost.url })).toMatchObject({
      code: 3,
      out: expect.stringContaining('RABBITMQ_MANAGEMENT_URL'),
    });
  });
});
