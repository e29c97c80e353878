import type { Logger } from './logger';

export interface BackgroundLoop {
  /** Asks the loop to end and waits for the turn that is under way. */
  stop(): Promise<void>;
}

/**
 * Calls `turn` again and again until stopped. `turn` answers how many milliseconds to wait before the next one; when it throws,
 * the error is logged and the next turn comes after a jittered backoff of at most `maxBackoffMs`.
 */
export function backgroundLoop(
  name: string,
  logger: Logger,
  turn: (signal: AbortSignal) => Promise<number>,
  maxBackoffMs = 5_000,
): BackgroundLoop {
  const stop = new AbortController();
  const run = async (): Promise<void> => {
    let failures = 0;
    while (!stop.signal.aborted) {
      let waitMs: number;
      try {
        waitMs = await turn(stop.signal);
        failures = 0;
      } catch (err) {
        if (stop.signal.aborted) return;
        failures += 1;
        waitMs = Math.min(maxBackoffMs, 100 * 2 ** failures) * (0.5 + Math.random() / 2);
        logger.warn({ err, loop: name, failures, retryInMs: Math.round(waitMs) }, 'a background turn failed');
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
