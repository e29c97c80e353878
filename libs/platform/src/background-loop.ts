import { backoffMs } from './backoff';
import type { Logger } from './logger';

export interface BackgroundLoop {
  /** Stops the loop and waits for the current iteration. */
  stop(): Promise<void>;
}

/**
 * Calls `runOnce` repeatedly until stopped. `runOnce` returns the milliseconds to wait before the next iteration; when
 * it throws, the error is logged and the next iteration follows after a jittered backoff of at most `maxBackoffMs`.
 */
export function backgroundLoop(
  name: string,
  logger: Logger,
  runOnce: (signal: AbortSignal) => Promise<number>,
  maxBackoffMs = 5_000,
): BackgroundLoop {
  const stop = new AbortController();
  const run = async (): Promise<void> => {
    let failures = 0;
    while (!stop.signal.aborted) {
      let waitMs: number;
      try {
        waitMs = await runOnce(stop.signal);
        failures = 0;
      } catch (err) {
        if (stop.signal.aborted) return;
        failures += 1;
        waitMs = backoffMs(failures, { firstMs: 100, maxMs: maxBackoffMs });
        logger.warn(
          { err, loop: name, failures, retryInMs: Math.round(waitMs) },
          'an iteration of a background loop failed',
        );
      }
      await sleep(waitMs, stop.signal);
    }
  };
  const finished = run();
  return {
    stop: async () => {
      stop.abort();
      await finished;
    },
  };
}

/** Resolves after `ms` milliseconds, or at once when the signal is aborted. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (ms <= 0) return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    if (signal?.aborted === true) finish();
    else signal?.addEventListener('abort', finish);
  });
}
