export interface BackoffLimits {
  /** Step before any doubling, in milliseconds. */
  readonly firstMs: number;
  /** Maximum step, in milliseconds. */
  readonly maxMs: number;
}

/**
 * Jittered exponential backoff in milliseconds: between half and the whole of `firstMs × 2^doublings`, at most `maxMs`.
 * The jitter keeps clients that failed together from retrying together.
 */
export function backoffMs(doublings: number, { firstMs, maxMs }: BackoffLimits): number {
  return withJitter(Math.min(maxMs, firstMs * 2 ** doublings));
}

/** Returns a random duration between half of `ms` and `ms`. */
export function withJitter(ms: number): number {
  return ms * (0.5 + Math.random() / 2);
}
