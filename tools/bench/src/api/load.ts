import { Connection } from './connection';

/** Calls of each connection. */
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
  /** Of the answers, in bytes, the median. */
  readonly bytes: number;
}

/**
 * Calls an endpoint over so many connections, on each of them again as soon as it has answered. `path` is asked for each call, so that no two
 * need be the same. Throws at the first answer that is not 200: a figure for errors says nothing.
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
    // Plans and caches are warm before anything counts.
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

/** Nearest rank. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round((sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN) * 10) / 10;
}
