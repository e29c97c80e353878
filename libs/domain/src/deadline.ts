import { RetryableError } from './errors';

/**
 * The promise's own result, or a RetryableError `deadline_exceeded` after `ms` milliseconds. What the promise was waiting for
 * goes on: the caller must drop (destroy, close) whatever it used, not use it again.
 */
export async function withDeadline<T>(promise: Promise<T>, ms: number, operation: string): Promise<T> {
  const limit = startDeadline(ms, operation);
  try {
    return await Promise.race([promise, limit.expired]);
  } finally {
    limit.clear();
  }
}

/** A promise that rejects after `ms` milliseconds unless cleared. */
export function startDeadline(ms: number, operation: string): { readonly expired: Promise<never>; clear(): void } {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new RetryableError('deadline_exceeded', `${operation} did not answer within ${ms} ms`)),
      ms,
    );
  });
  // Whoever lost the race against it must not become an unhandled rejection.
  expired.catch(() => undefined);
  return { expired, clear: () => clearTimeout(timer) };
}
