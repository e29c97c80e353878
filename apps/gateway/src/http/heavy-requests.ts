import type { Response } from 'express';
import { Counter, registerGauge, type Registry } from '@pugmark/platform';
import { HttpProblem, unavailable } from './http-problem';

const MAX_WAIT_MS = 5_000;
/** Maximum number of waiting requests, as a multiple of the running ones. */
const WAITING_PER_SLOT = 8;
const RETRY_AFTER_SECONDS = 5;

export interface HeavyRequestsOptions {
  /** How many run at a time. */
  readonly max: number;
  readonly metrics: Registry;
  /** Default: 5 s. */
  readonly maxWaitMs?: number;
}

interface Waiting {
  readonly start: () => void;
  readonly fail: (error: HttpProblem) => void;
}

/**
 * Limits how many requests with long statements run at a time, so that they leave connections to all other requests.
 * Further ones wait without a connection, in order, for a limited time; the rest is answered with 503.
 */
export class HeavyRequests {
  readonly #max: number;
  readonly #maxWaitMs: number;
  readonly #refused: Counter<'reason'>;
  readonly #waiting = new Set<Waiting>();
  #running = 0;

  constructor({ max, metrics, maxWaitMs = MAX_WAIT_MS }: HeavyRequestsOptions) {
    this.#max = max;
    this.#maxWaitMs = maxWaitMs;
    registerGauge(
      metrics,
      'pugmark_heavy_requests_running',
      'Requests with long statements that are running',
      () => this.#running,
    );
    registerGauge(
      metrics,
      'pugmark_heavy_requests_waiting',
      'Requests with long statements that wait for others to end',
      () => this.#waiting.size,
    );
    this.#refused = new Counter({
      name: 'pugmark_heavy_requests_refused_total',
      help: 'Requests with long statements that were answered with 503, since too many waited or they waited too long',
      labelNames: ['reason'],
      registers: [metrics],
    });
  }

  /**
   * Runs `work` as soon as fewer than `max` others run. A request whose client has disconnected meanwhile does not run;
   * one that runs keeps its slot until `work` settles, since its statement goes on until then.
   */
  async run<T>(response: Response, work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#max) this.#running += 1;
    else await this.#waitForSlot(response);
    try {
      return await work();
    } finally {
      this.#release();
    }
  }

  /** Resolves once a request that ends has passed its slot on. */
  async #waitForSlot(response: Response): Promise<void> {
    if (this.#waiting.size >= this.#max * WAITING_PER_SLOT) throw this.#refuse('too_many');
    let waiting: Waiting | undefined;
    const disconnected = (): void => waiting?.fail(new HttpProblem(400, 'aborted', 'the request was cut off'));
    const deadline = setTimeout(() => waiting?.fail(this.#refuse('too_long')), this.#maxWaitMs);
    response.once('close', disconnected);
    try {
      await new Promise<void>((start, fail) => {
        waiting = { start, fail };
        this.#waiting.add(waiting);
      });
    } finally {
      this.#waiting.delete(waiting!);
      clearTimeout(deadline);
      response.off('close', disconnected);
    }
  }

  #release(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#running -= 1;
      return;
    }
    this.#waiting.delete(next);
    next.start();
  }

  #refuse(reason: 'too_many' | 'too_long'): HttpProblem {
    this.#refused.inc({ reason });
    return unavailable(
      'overloaded',
      `${this.#max} statistics, counts and lists are being read, half of the database connections (setting DATABASE_POOL_SIZE), and others wait: try again`,
      RETRY_AFTER_SECONDS,
    );
  }
}
