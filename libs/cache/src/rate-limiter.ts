import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Redis } from 'ioredis';

export interface RateLimit {
  /** In the names of the counters. */
  readonly name: string;
  /** Most calls of one caller in a window. */
  readonly calls: number;
  /** Length of a window. */
  readonly seconds: number;
}

/** Counts calls by caller: over all processes in Redis, in this process alone while Redis is away. */
export interface RateLimiter {
  /** Counts a call. Answers 0 when it may be made, else the seconds, at least 1, after which to try again. */
  take(caller: string): Promise<number>;
  /** The same without counting. */
  look(caller: string): Promise<number>;
}

/** `redis` null: in this process alone. */
export function createRateLimiter(redis: Redis | null, { name, calls, seconds }: RateLimit): RateLimiter {
  const common = { keyPrefix: `rate:${name}`, points: calls, duration: seconds };
  const inProcess = new RateLimiterMemory(common);
  const limiter =
    redis === null ? inProcess : new RateLimiterRedis({ ...common, storeClient: redis, insuranceLimiter: inProcess, rejectIfRedisNotReady: true });
  return {
    take: async (caller) => {
      try {
        await limiter.consume(caller);
        return 0;
      } catch (refused) {
        if (refused instanceof RateLimiterRes) return secondsOf(refused);
        throw refused;
      }
    },
    look: async (caller) => {
      const state = await limiter.get(caller);
      return state !== null && state.consumedPoints >= calls ? secondsOf(state) : 0;
    },
  };
}

function secondsOf({ msBeforeNext }: RateLimiterRes): number {
  return Math.max(1, Math.ceil(msBeforeNext / 1_000));
}
