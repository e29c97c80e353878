import { Connection } from './connection';

/** Requests of each connection before anything is measured. */
const WARM_UP = 10;

export interface Load {
  readonly baseUrl: string;
  readonly key: string;
  readonly connections: number;
  readonly seconds: number;
}

export interface Measured {
  readonly requests: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly requestsPerSecond: number;
  /** Median size of the responses, in bytes. */
  readonly bytes: number;
}

/**
 * Calls an endpoint over several connections; each sends its next request when it has its response. `path` is called
 * for each request, so that requests can differ. Throws at the first response that is not 200.
 */
export async function measure(
  path: () => string,
  { baseUrl, key, connections, seconds }: Load,
  signal: AbortSignal,
): Promise<Measured> {
  const opened = await Promise.all(Array.from({ length: connections }, () => Connection.open(baseUrl, key)));
  const close = (): void => opened.forEach((connection) => connection.close());
  signal.addEventListener('abort', close, { once: true });
  try {
    // Warms up query plans and caches.
    await Promise.all(
      opened.map(async (connection) => {
        for (let n = 0; n < WARM_UP; n += 1) await connection.get(path());
      }),
    );
    const times: number[] = [];
    const sizes: number[] = [];
    const began = performance.now();
    const until = began + seconds * 1_000;
    await Promise.all(
      opened.map(async (connection) => {
        while (performance.now() < until) {
          const { ms, bytes } = await connection.get(path());
          times.push(ms);
          sizes.push(bytes);
        }
      }),
    );
    const tookMs = performance.now() - began;
    return {
      requests: times.length,
      p50Ms: percentile(times, 0.5),
      p99Ms: percentile(times, 0.99),
      requestsPerSecond: Math.round((times.length * 1_000) / tookMs),
      bytes: percentile(sizes, 0.5),
    };
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}

/**
 * Calls `act` while several clients send requests without pause. A 503 is an answer to them, since the gateway limits
 * how many heavy requests it serves; any other status is an error.
 */
export async function duringLoad<T>(
  path: () => string,
  { baseUrl, key, connections }: Omit<Load, 'seconds'>,
  signal: AbortSignal,
  act: () => Promise<T>,
): Promise<{ readonly result: T; readonly served: number; readonly refused: number }> {
  const stop = new AbortController();
  const ended = AbortSignal.any([signal, stop.signal]);
  let [served, refused] = [0, 0];
  const send = async (): Promise<void> => {
    while (!ended.aborted) {
      const url = `${baseUrl}/api/v1${path()}`;
      const response = await fetch(url, { headers: { authorization: `Bearer ${key}` }, signal: ended });
      const text = await response.text();
      if (response.status === 200) served += 1;
      else if (response.status === 503) refused += 1;
      else throw new Error(`GET ${url}: status ${response.status}: ${text.slice(0, 500)}`);
    }
  };
  const clients = Promise.all(Array.from({ length: connections }, send)).catch((error: unknown) => {
    if (!ended.aborted) throw error;
  });
  // Its error is thrown below, once `act` has ended.
  clients.catch(() => undefined);
  try {
    return { result: await act(), served, refused };
  } finally {
    stop.abort();
    await clients;
  }
}

/** The percentile by nearest rank. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round((sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN) * 10) / 10;
}
