import { backgroundLoop, createLogger, type BackgroundLoop } from '@pugmark/platform';
import { type MetricSample, type RigProcess, sumOf } from '@pugmark/service-rig';

const LOOK_MS = 250;

/** What an operator could have seen since the fault struck: the metrics pages and the logs of the services. */
export class Observer {
  readonly #processes: readonly RigProcess[];
  readonly #since: number;
  readonly #before = new Map<string, readonly MetricSample[]>();
  readonly #now = new Map<string, readonly MetricSample[]>();
  #loop: BackgroundLoop | undefined;
  #noticedAt: number | undefined;

  constructor(processes: readonly RigProcess[]) {
    this.#processes = processes;
    this.#since = performance.now();
  }

  /** Seconds from the blow to the first sign; null while there is none. */
  get noticedSeconds(): number | null {
    return this.#noticedAt === undefined ? null : (this.#noticedAt - this.#since) / 1_000;
  }

  /** Takes the state before the blow. */
  async begin(): Promise<void> {
    for (const { name, page } of await this.#read()) this.#before.set(name, page);
  }

  /** Looks four times a second until `noticed` says yes, or `stop`. */
  watch(noticed: (seen: Observer) => boolean): void {
    this.#loop = backgroundLoop(
      'observe',
      createLogger('observer', { LOG_LEVEL: 'warn', LOG_FORMAT: 'json' }),
      async () => {
        if (this.#noticedAt !== undefined) return 60_000;
        for (const { name, page } of await this.#read()) if (page.length > 0) this.#now.set(name, page);
        if (noticed(this)) this.#noticedAt = performance.now();
        return LOOK_MS;
      },
    );
  }

  async stop(): Promise<void> {
    await this.#loop?.stop();
  }

  /** The present sum of a metric's samples with these labels; NaN while the process has not answered. */
  value(process: string, metric: string, labels: Readonly<Record<string, string>> = {}): number {
    const page = this.#now.get(process);
    return page === undefined ? NaN : sumOf(page, metric, labels);
  }

  /** By how much it has risen since the blow. A process that was started anew begins at 0. */
  risen(process: string, metric: string, labels: Readonly<Record<string, string>> = {}): number {
    const before = sumOf(this.#before.get(process) ?? [], metric, labels);
    const now = this.value(process, metric, labels);
    return now < before ? now : now - before;
  }

  /** Whether the process printed a warning, an error or worse that matches, since the blow. */
  warned(process: string, pattern: RegExp): boolean {
    const lines = this.#processes.find(({ name }) => name === process)?.lines ?? [];
    return lines.some(
      ({ at, text }) => at >= this.#since && /"level":"(warn|error|fatal)"/.test(text) && pattern.test(text),
    );
  }

  #read(): Promise<{ name: string; page: readonly MetricSample[] }[]> {
    return Promise.all(this.#processes.map(async (process) => ({ name: process.name, page: await process.metrics() })));
  }
}
