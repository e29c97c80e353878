import { Redis } from 'ioredis';
import { messageOf, withDeadline } from '@pugmark/domain';
import { backoffMs, registerGauge, type Logger, type Registry } from '@pugmark/platform';
import { createRateLimiter, type RateLimit, type RateLimiter } from './rate-limiter';

export type CacheState = 'up' | 'down' | 'not configured';

/** A cache: any value may be absent at any time, and losing it is not an error. Values are plain JSON. */
export interface Cache {
  /** Returns the value; undefined when it is absent or invalid, or the cache does not answer in time. */
  get<T>(key: string): Promise<T | undefined>;
  /** Stores the value for `ttlSeconds`, if possible. */
  set(key: string, value: unknown, ttlSeconds: number): Promise<void>;
  /** Deletes the value, if possible; otherwise it expires. */
  delete(key: string): Promise<void>;
  state(): CacheState;
  close(): Promise<void>;
}

/** Rate limiters of calls. Without Redis they count in this process only. */
export interface RateLimiters {
  rateLimiter(limit: RateLimit): RateLimiter;
}

/** Cache of installations without Redis: never has values. */
export class NoCache implements Cache, RateLimiters {
  get(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
  async set(): Promise<void> {}
  async delete(): Promise<void> {}
  rateLimiter(limit: RateLimit): RateLimiter {
    return createRateLimiter(null, limit);
  }
  state(): CacheState {
    return 'not configured';
  }
  async close(): Promise<void> {}
}

export interface RedisCacheOptions {
  /** `redis://user:password@host:6379/0` */
  readonly url: string;
  /** Prefix of every key, for installations that share one Redis. */
  readonly keyPrefix?: string;
  /** Maximum duration of one call, in milliseconds. */
  readonly deadlineMs?: number;
  readonly logger: Logger;
  readonly metrics: Registry;
}

const RECONNECT_BACKOFF = { firstMs: 100, maxMs: 5_000 } as const;
const CLOSE_DEADLINE_MS = 1_000;

export class RedisCache implements Cache, RateLimiters {
  readonly #redis: Redis;
  readonly #deadlineMs: number;
  readonly #logger: Logger;
  #closing = false;
  #connecting: Promise<void> | undefined;
  /** Redis did not answer last time, which was logged. */
  #outage = false;

  constructor(options: RedisCacheOptions) {
    this.#deadlineMs = options.deadlineMs ?? 500;
    this.#logger = options.logger;
    this.#redis = new Redis(options.url, {
      keyPrefix: options.keyPrefix ?? '',
      lazyConnect: true,
      connectTimeout: this.#deadlineMs,
      disconnectTimeout: this.#deadlineMs,
      // While Redis is down a call fails at once; nothing is queued to be sent later, when it would be stale.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      autoResendUnfulfilledCommands: false,
      // Also limits the handshake, which has no other timeout.
      commandTimeout: this.#deadlineMs,
      retryStrategy: (times) => backoffMs(times, RECONNECT_BACKOFF),
    });
    // Without a listener ioredis prints every failed attempt; the outage is logged once.
    this.#redis.on('error', (err: Error) => this.#reportOutage(err));
    this.#redis.on('ready', () => this.#up());
    registerGauge(options.metrics, 'pugmark_redis_up', '1 while the connection to Redis is open', () =>
      Number(this.state() === 'up'),
    );
  }

  async get<T>(key: string): Promise<T | undefined> {
    const text = await this.#callRedis(() => this.#redis.get(key));
    if (text === undefined || text === null) return undefined;
    try {
      return JSON.parse(text) as T;
    } catch (err) {
      this.#logger.warn({ err, key }, 'a cached value is invalid and treated as absent');
      return undefined;
    }
  }

  async set(key: string, value: unknown, ttlSeconds: number): Promise<void> {
    await this.#callRedis(() => this.#redis.set(key, JSON.stringify(value), 'EX', Math.max(1, Math.ceil(ttlSeconds))));
  }

  async delete(key: string): Promise<void> {
    await this.#callRedis(() => this.#redis.del(key));
  }

  rateLimiter(limit: RateLimit): RateLimiter {
    return createRateLimiter(this.#redis, limit);
  }

  /** `up` once the first call, or `connect`, has connected. */
  state(): CacheState {
    return this.#redis.status === 'ready' && !this.#outage ? 'up' : 'down';
  }

  /** Connects before the first call, so that `state` is correct from the start. Never rejects. */
  async connect(): Promise<void> {
    this.#connecting ??= withDeadline(this.#redis.connect(), this.#deadlineMs, 'Redis').catch((err: unknown) =>
      this.#reportOutage(err),
    );
    await this.#connecting;
  }

  async close(): Promise<void> {
    this.#closing = true;
    try {
      if (this.#redis.status === 'ready') await withDeadline(this.#redis.quit(), CLOSE_DEADLINE_MS, 'Redis');
    } catch (err) {
      this.#logger.debug({ err }, 'Redis did not close the connection gracefully');
    } finally {
      this.#redis.disconnect();
    }
  }

  /** Returns the result, or undefined when there is none in time. */
  async #callRedis<T>(call: () => Promise<T>): Promise<T | undefined> {
    if (this.#closing) return undefined;
    try {
      await this.connect();
      const answer = await withDeadline(call(), this.#deadlineMs, 'Redis');
      this.#up();
      return answer;
    } catch (err) {
      this.#reportOutage(err);
      // The connection may be half open and would stay so: opens a new one.
      if (isTimeout(err) && !this.#closing && this.#redis.status === 'ready') this.#redis.disconnect(true);
      return undefined;
    }
  }

  #reportOutage(err: unknown): void {
    if (this.#closing || this.#outage) return;
    this.#outage = true;
    this.#logger.warn({ err, reason: messageOf(err) }, 'Redis does not answer; continuing without the cache');
  }

  #up(): void {
    if (this.#outage) this.#logger.info('Redis answers again');
    this.#outage = false;
  }
}

/** Own timeout, or ioredis's `commandTimeout`. */
function isTimeout(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'deadline_exceeded' || messageOf(error) === 'Command timed out';
}
