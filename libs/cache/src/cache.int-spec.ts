import { randomBytes } from 'node:crypto';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Registry } from '@pugmark/platform';
import { testLogger, testServers, waitUntil } from '@pugmark/testing';
import { NoCache, RedisCache } from './cache';

const DEADLINE_MS = 300;

describe('RedisCache', () => {
  const open: RedisCache[] = [];
  const make = (url: string, keyPrefix = `pugmark-test-${randomBytes(6).toString('hex')}:`) => {
    const metrics = new Registry();
    const logger = testLogger();
    const warn = jest.spyOn(logger, 'warn');
    const cache = new RedisCache({ url, keyPrefix, deadlineMs: DEADLINE_MS, logger, metrics });
    open.push(cache);
    return { cache, metrics, warn, keyPrefix };
  };
  afterEach(async () => {
    await Promise.all(open.splice(0).map((cache) => cache.close()));
  });

  it('keeps a value, and deletes it on request', async () => {
    const { cache } = make(testServers().redisUrl);
    await cache.set('export_job:7', { status: 'processing', percent: 40 }, 60);
    expect(await cache.get('export_job:7')).toEqual({ status: 'processing', percent: 40 });
    await cache.delete('export_job:7');
    expect(await cache.get('export_job:7')).toBeUndefined();
  });

  it('drops a value when its time to live is over', async () => {
    const { cache } = make(testServers().redisUrl);
    await cache.set('short', 1, 1);
    expect(await cache.get('short')).toBe(1);
    await waitUntil('the value to expire', async () => (await cache.get('short')) === undefined, 3_000);
  });

  it('keeps installations with different prefixes apart', async () => {
    const one = make(testServers().redisUrl);
    const other = make(testServers().redisUrl);
    await one.cache.set('same', 'one', 60);
    expect(await other.cache.get('same')).toBeUndefined();
  });

  it('answers concurrent calls before it is connected, without a false warning', async () => {
    const { cache, warn } = make(testServers().redisUrl);
    await Promise.all([1, 2, 3].map((n) => cache.set(`k${n}`, n, 60)));
    expect(await cache.get('k3')).toBe(3);
    expect(warn).not.toHaveBeenCalled();
  });

  it('treats an invalid value as absent', async () => {
    const { cache, keyPrefix } = make(testServers().redisUrl);
    const raw = make(testServers().redisUrl, keyPrefix);
    await raw.cache.set('k', 1, 60);
    jest.spyOn(JSON, 'stringify').mockReturnValueOnce('{"cut sho');
    await raw.cache.set('k', 'replaced', 60);
    expect(await cache.get('k')).toBeUndefined();
  });

  it('has no values while Redis is down, warns once, and shows it in the metric', async () => {
    const { cache, metrics, warn } = make(`redis://127.0.0.1:${await closedPort()}`);
    const startedAt = performance.now();
    for (let n = 0; n < 5; n += 1) {
      await cache.set('k', n, 60);
      expect(await cache.get('k')).toBeUndefined();
    }
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(cache.state()).toBe('down');
    expect(warn).toHaveBeenCalledTimes(1);
    expect(await metrics.metrics()).toContain('pugmark_redis_up 0');
  });

  it('does not wait for a Redis that accepts the connection and does not answer', async () => {
    const silent = await listen(() => undefined);
    const { cache } = make(`redis://127.0.0.1:${portOf(silent)}`);
    const startedAt = performance.now();
    expect(await cache.get('k')).toBeUndefined();
    expect(performance.now() - startedAt).toBeLessThan(DEADLINE_MS * 4);
    expect(cache.state()).toBe('down');
    const closingAt = performance.now();
    await cache.close();
    expect(performance.now() - closingAt).toBeLessThan(2_000);
    await stop(silent);
  });

  it('recovers when Redis is back, after one warning for the outage', async () => {
    const redis = new URL(testServers().redisUrl);
    const target = { host: redis.hostname, port: Number(redis.port || 6379) };
    const relay = (client: Socket): void => {
      const server = connect(target);
      client.pipe(server).pipe(client);
      client.on('error', () => server.destroy()).on('close', () => server.destroy());
      server.on('error', () => client.destroy());
    };
    const first = await listen(relay);
    const port = portOf(first);
    redis.host = `127.0.0.1:${port}`;
    const { cache, warn, metrics } = make(redis.href);
    await cache.set('k', 'before', 60);
    expect(await metrics.metrics()).toContain('pugmark_redis_up 1');
    await stop(first);
    await waitUntil(
      'the outage to be seen',
      async () => (await cache.get('k')) === undefined && cache.state() === 'down',
    );
    const second = await listen(relay, port);
    expect(await waitUntil('Redis to be back', () => cache.get('k'))).toBe('before');
    expect(cache.state()).toBe('up');
    expect(warn).toHaveBeenCalledTimes(1);
    await cache.close();
    await stop(second);
  });

  it('has no values after it was closed', async () => {
    const { cache } = make(testServers().redisUrl);
    await cache.set('k', 1, 60);
    await cache.close();
    expect(await cache.get('k')).toBeUndefined();
  });
});

describe('NoCache', () => {
  it('never has values', async () => {
    const cache = new NoCache();
    await cache.set();
    expect(await cache.get()).toBeUndefined();
    expect(cache.state()).toBe('not configured');
  });
});

const sockets = new Map<Server, Set<Socket>>();

async function listen(onConnection: (socket: Socket) => void, port = 0): Promise<Server> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    onConnection(socket);
  });
  sockets.set(server, open);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function stop(server: Server): Promise<void> {
  for (const socket of sockets.get(server) ?? []) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
}

async function closedPort(): Promise<number> {
  const server = await listen(() => undefined);
  const port = portOf(server);
  await stop(server);
  return port;
}
