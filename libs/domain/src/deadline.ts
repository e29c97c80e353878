import { RetryableError } from './errors';

/**
 * Resolves with the promise's result, or rejects with RetryableError `deadline_exceeded` after `ms` milliseconds. The
 * operation itself continues: the caller must destroy or close what it used, not reuse it.
 */
export async function withDeadline<T>(promise: Promise<T>, ms: number, operation: string): Promise<T> {
  const limit = startDeadline(ms, operation);
  try {
    return await Promise.race([promise, limit.expired]);
  } finally {
    limit.clear();
  }
}

/** Creates a promise that rejects after `ms` milliseconds unless cleared. */
export function startDeadline(ms: number, operation: string): { readonly expired: Promise<never>; clear(): void } {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new RetryableError('deadline_exceeded', `${operation} did not answer within ${ms} ms`)),
      ms,
    );
  });
  // Prevents an unhandled rejection when the other promise wins the race.
  expired.catch(() => undefined);
  return { expired, clear: () => clearTimeout(timer) };
}
