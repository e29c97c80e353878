import { backgroundLoop, createLogger, type BackgroundLoop } from '@pugmark/platform';
import { type MetricSample, type RigProcess, sumOf } from '@pugmark/service-rig';

const LOOK_MS = 250;

/** Observes what an operator could see since the fault began: the metrics, health pages and logs of the services. */
export class Observer {
  readonly #processes: readonly RigProcess[];
  readonly #since: number;
  readonly #before = new Map<string, readonly MetricSample[]>();
  readonly #now = new Map<string, readonly MetricSample[]>();
  readonly #unready = new Map<string, string | null>();
  #loop: BackgroundLoop | undefined;
  #noticedAt: number | undefined;

  constructor(processes: readonly RigProcess[]) {
    this.#processes = processes;
    this.#since = performance.now();
  }

  /** Seconds from the start of the fault to the first sign; null while there is none. */
  get noticedSeconds(): number | null {
    return this.#noticedAt === undefined ? null : (this.#noticedAt - this.#since) / 1_000;
  }

  /** Records the metrics before the fault. */
  async begin(): Promise<void> {
    for (const { name, page } of await this.#read()) this.#before.set(name, page);
  }

  /** Reads the metrics four times a second until `noticed` returns true, or `stop`. */
  watch(noticed: (seen: Observer) => boolean): void {
    this.#loop = backgroundLoop(
      'observe',
      createLogger('observer', { LOG_LEVEL: 'warn', LOG_FORMAT: 'json' }),
      async () => {
        if (this.#noticedAt !== undefined) return 60_000;
        for (const { name, page, problem } of await this.#read()) {
          if (page.length > 0) this.#now.set(name, page);
          this.#unready.set(name, problem);
        }
        if (noticed(this)) this.#noticedAt = performance.now();
        return LOOK_MS;
      },
    );
  }

  async stop(): Promise<void> {
    await this.#loop?.stop();
  }

  /** The current sum of a metric's samples with these labels; NaN while the process has not answered. */
  value(process: string, metric: string, labels: Readonly<Record<string, string>> = {}): number {
    const page = this.#now.get(process);
    return page === undefined ? NaN : sumOf(page, metric, labels);
  }

  /** The increase since the fault began. A process that was restarted begins at 0. */
  risen(process: string, metric: string, labels: Readonly<Record<string, string>> = {}): number {
    const before = sumOf(this.#before.get(process) ?? [], metric, labels);
    const now = this.value(process, metric, labels);
    return now < before ? now : now - before;
  }

  /** Whether another process runs in its place. */
  restarted(process: string): boolean {
    return this.risen(process, 'process_start_time_seconds') > 0;
  }

  /** Whether the process says now that it is not ready, with a matching reason. */
  unready(process: string, pattern: RegExp): boolean {
    return pattern.test(this.#unready.get(process) ?? '');
  }

  /** Whether the process logged a matching warning, or worse, since the fault began. */
  warned(process: string, pattern: RegExp): boolean {
    const lines = this.#processes.find(({ name }) => name === process)?.lines ?? [];
    return lines.some(
      ({ at, text }) => at >= this.#since && /"level":"(warn|error|fatal)"/.test(text) && pattern.test(text),
    );
  }

  #read(): Promise<{ name: string; page: readonly MetricSample[]; problem: string | null }[]> {
    return Promise.all(
      this.#processes.map(async (process) => {
        const [page, problem] = await Promise.all([process.metrics(), process.problem()]);
        return { name: process.name, page, problem };
      }),
    );
  }
}
