import { Agent, request, type IncomingMessage } from 'node:http';

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
 * need be the same. Throws at the first answer that is not 2xx: a figure for errors says nothing.
 */
export async function measure(path: () => string, load: Load, signal: AbortSignal): Promise<Measured> {
  const agent = new Agent({ keepAlive: true, maxSockets: load.connections });
  const times: number[] = [];
  const sizes: number[] = [];
  const call = (): Promise<void> => get(agent, path(), load, signal).then(({ ms, bytes }) => void (times.push(ms), sizes.push(bytes)));
  try {
    // Connections and caches are warm before anything counts.
    await Promise.all(Array.from({ length: load.connections }, async () => {
      for (let n = 0; n < 5; n += 1) await call();
    }));
    times.length = 0;
    sizes.length = 0;
    const began = performance.now();
    const until = began + load.seconds * 1_000;
    await Promise.all(Array.from({ length: load.connections }, async () => {
      while (performance.now() < until) await call();
    }));
    const tookMs = performance.now() - began;
    return { requests: times.length, p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99), requestsPerSecond: Math.round((times.length * 1_000) / tookMs), bytes: percentile(sizes, 0.5) };
  } finally {
    agent.destroy();
  }
}

function get(agent: Agent, path: string, { baseUrl, key }: Load, signal: AbortSignal): Promise<{ ms: number; bytes: number }> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = request(`${baseUrl}/api/v1${path}`, { agent, signal, headers: { authorization: `Bearer ${key}` }, timeout: 30_000 }, (answer: IncomingMessage) => {
      let bytes = 0;
      const problem: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (answer.statusCode !== 200) problem.push(chunk);
      });
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve({ ms: performance.now() - began, bytes });
        else reject(new Error(`GET ${path} answered ${answer.statusCode}: ${Buffer.concat(problem).toString('utf8').slice(0, 500)}`));
      });
      answer.on('error', reject);
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`GET ${path} did not answer within 30 s`)));
    outgoing.on('error', reject);
    outgoing.end();
  });
}

/** Nearest rank. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round((sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN) * 10) / 10;
}
