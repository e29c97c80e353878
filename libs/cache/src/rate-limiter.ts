import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible';
import type { Redis } from 'ioredis';

export interface RateLimit {
  /** Part of the counters' keys. */
  readonly name: string;
  /** Maximum calls of one caller in a window. */
  readonly calls: number;
  /** Length of a window. */
  readonly seconds: number;
}

/** Counts calls by caller: over all processes in Redis, or in this process only while Redis is down. */
export interface RateLimiter {
  /** Counts a call. Returns 0 if it is allowed, else the seconds (at least 1) after which to try again. */
  take(caller: string): Promise<number>;
  /** Returns the same without counting. */
  check(caller: string): Promise<number>;
}

/** Time for which a Redis that did not answer is not used: each caller would wait for it in vain. */
const REST_MS = 5_000;

/** Creates a rate limiter; with `redis` null it counts in this process only. */
export function createRateLimiter(redis: Redis | null, { name, calls, seconds }: RateLimit): RateLimiter {
  const common = { keyPrefix: `rate:${name}`, points: calls, duration: seconds };
  const inProcess = new RateLimiterMemory(common);
  const shared =
    redis === null ? null : new RateLimiterRedis({ ...common, storeClient: redis, rejectIfRedisNotReady: true });
  let restsUntil = 0;
  const ask = async <Answer>(call: (limiter: RateLimiterAbstract) => Promise<Answer>): Promise<Answer> => {
    if (shared === null || performance.now() < restsUntil) return call(inProcess);
    try {
      return await call(shared);
    } catch (failed) {
      if (failed instanceof RateLimiterRes) throw failed;
      // Without a connection Redis fails at once, and can be tried each time.
      if (redis?.status === 'ready') restsUntil = performance.now() + REST_MS;
      return call(inProcess);
    }
  };
  return {
    take: async (caller) => {
      try {
        await ask((limiter) => limiter.consume(caller));
        return 0;
      } catch (refused) {
        if (refused instanceof RateLimiterRes) return secondsOf(refused);
        throw refused;
      }
    },
    check: async (caller) => {
      const state = await ask((limiter) => limiter.get(caller));
      return state !== null && state.consumedPoints >= calls ? secondsOf(state) : 0;
    },
  };
}

function secondsOf({ msBeforeNext }: RateLimiterRes): number {
  return Math.max(1, Math.ceil(msBeforeNext / 1_000));
}
