import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '../api/connection';
import { percentile } from '../api/load';

const CONNECTIONS = 4;
/** Between the response to a request and the next one on its connection. */
const PAUSE_MS = 100;

export interface Latency {
  readonly requests: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Sends a request about 40 times a second over four connections, as a few people who use the API do. */
export class SteadyRequests {
  #stop = new AbortController();
  #running: Promise<number[]>[] = [];

  constructor(
    private readonly baseUrl: string,
    private readonly key: string,
    private readonly path: string,
  ) {}

  start(): void {
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    this.#running = Array.from({ length: CONNECTIONS }, () => this.#run(signal));
  }

  async stop(): Promise<Latency> {
    this.#stop.abort();
    const times = (await Promise.all(this.#running)).flat();
    return { requests: times.length, p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99) };
  }

  async during(ms: number): Promise<Latency> {
    this.start();
    await delay(ms);
    return this.stop();
  }

  async #run(signal: AbortSignal): Promise<number[]> {
    const connection = await Connection.open(this.baseUrl, this.key);
    const times: number[] = [];
    while (!signal.aborted) {
      times.push((await connection.get(this.path)).ms);
      await delay(PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
    connection.close();
    return times;
  }
}
