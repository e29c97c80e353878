import { randomBytes } from 'node:crypto';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Registry } from '@pugmark/platform';
import { testLogger, testServers, waitUntil } from '@pugmark/testing';
import { NoCache, RedisCache, type RateLimiters } from './cache';

const LIMIT = { name: 'calls', calls: 3, seconds: 60 };

describe('a rate limiter', () => {
  const open: RedisCache[] = [];
  const connected = async (url: string, keyPrefix: string): Promise<RedisCache> => {
    const cache = new RedisCache({ url, keyPrefix, deadlineMs: 300, logger: testLogger(), metrics: new Registry() });
    open.push(cache);
    await cache.connect();
    return cache;
  };
  afterEach(async () => {
    await Promise.all(open.splice(0).map((cache) => cache.close()));
  });

  it('counts the calls of each caller over all processes', async () => {
    const keyPrefix = `pugmark-test-${randomBytes(6).toString('hex')}:`;
    const one = (await connected(testServers().redisUrl, keyPrefix)).rateLimiter(LIMIT);
    const other = (await connected(testServers().redisUrl, keyPrefix)).rateLimiter(LIMIT);
    expect([await one.take('a'), await other.take('a'), await one.take('a')]).toEqual([0, 0, 0]);
    expect(await one.check('a')).toBeGreaterThanOrEqual(1);
    const wait = await other.take('a');
    expect(wait).toBeGreaterThan(50);
    expect(wait).toBeLessThanOrEqual(60);
    expect(await other.take('b')).toBe(0);
    expect(await other.check('b')).toBe(0);
  });

  it.each<[string, () => Promise<RateLimiters>]>([
    ['without Redis', () => Promise.resolve(new NoCache())],
    ['while Redis is down', () => connected('redis://127.0.0.1:1', 'x:')],
  ])('counts in its own process %s', async (_, make) => {
    const limiter = (await make()).rateLimiter(LIMIT);
    for (let call = 0; call < LIMIT.calls; call += 1) expect(await limiter.take('a')).toBe(0);
    expect(await limiter.take('a')).toBeGreaterThanOrEqual(1);
    expect(await limiter.check('a')).toBeGreaterThanOrEqual(1);
    expect(await limiter.take('b')).toBe(0);
  });

  it('waits once for a Redis that does not answer, counts in its own process for a while, and returns to Redis', async () => {
    const redis = new URL(testServers().redisUrl);
    const target = { host: redis.hostname, port: Number(redis.port || 6379) };
    const sockets: Socket[] = [];
    const relay = createServer((client) => {
      const server = connect(target);
      for (const [one, other] of [
        [client, server],
        [server, client],
      ] as const)
        one.on('error', () => other.destroy()).on('close', () => other.destroy());
      client.pipe(server).pipe(client);
      sockets.push(server);
    });
    await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
    const keyPrefix = `pugmark-test-${randomBytes(6).toString('hex')}:`;
    redis.host = `127.0.0.1:${(relay.address() as AddressInfo).port}`;
    const limiter = (await connected(redis.href, keyPrefix)).rateLimiter({ ...LIMIT, calls: 100 });
    const other = (await connected(testServers().redisUrl, keyPrefix)).rateLimiter({ ...LIMIT, calls: 100 });
    expect(await limiter.take('a')).toBe(0);
    for (let call = 0; call < 99; call += 1) await other.take('a');
    for (const socket of sockets) socket.unpipe().pause();
    const begun = performance.now();
    for (let call = 0; call < 20; call += 1)
      expect([await limiter.take('a'), await limiter.check('a')]).toEqual([0, 0]);
    expect(performance.now() - begun).toBeLessThan(1_500);
    for (const socket of sockets) socket.destroy();
    await waitUntil('Redis to be used again', async () => (await limiter.check('a')) > 0);
    await Promise.all(open.splice(0).map((cache) => cache.close()));
    await new Promise((resolve) => relay.close(resolve));
  });

  it('allows calls again when the window is over', async () => {
    const limiter = new NoCache().rateLimiter({ name: 'short', calls: 1, seconds: 1 });
    expect(await limiter.take('a')).toBe(0);
    const until = Date.now() + 3_000;
    while ((await limiter.check('a')) !== 0 && Date.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await limiter.take('a')).toBe(0);
  });
});
