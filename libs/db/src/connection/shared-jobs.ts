/** Result of a job that was not done when the caller's signal was aborted. */
export const NOT_DONE = Symbol('not done');

interface Job<Result> {
  /** Sequence number of the job in this process; infinite until it has started. */
  started: number;
  /** Number of callers that wait for it. */
  waiting: number;
  done: Promise<Result | typeof NOT_DONE>;
}

/**
 * Jobs by key that many callers request at once. All callers that wait for the same key share one job, and a few jobs
 * run concurrently, in the order of the requests: a connection for each caller would exhaust the pool.
 */
export class SharedJobs<Result> {
  readonly #work: (key: number) => Promise<Result>;
  /** The latest job of each key, started or queued. */
  readonly #latest = new Map<number, Job<Result>>();
  readonly #queue: (() => void)[] = [];
  #free: number;
  #started = 0;

  constructor(maxConcurrent: number, work: (key: number) => Promise<Result>) {
    this.#free = maxConcurrent;
    this.#work = work;
  }

  /** Number of jobs started so far: only later ones are certain to see what was committed by now. */
  get started(): number {
    return this.#started;
  }

  /**
   * Waits for a job that starts after the first `since` jobs. Returns NOT_DONE as soon as the signal is aborted; a
   * started job continues.
   */
  async run(key: number, since = this.#started, signal?: AbortSignal): Promise<Result | typeof NOT_DONE> {
    if (signal?.aborted === true) return NOT_DONE;
    const latest = this.#latest.get(key);
    const job = latest !== undefined && latest.started > since ? latest : this.#add(key, latest?.done);
    job.waiting += 1;
    try {
      return await beforeAbort(job.done, signal);
    } finally {
      job.waiting -= 1;
    }
  }

  #add(key: number, previous?: Promise<unknown>): Job<Result> {
    const job: Job<Result> = { started: Infinity, waiting: 0, done: Promise.resolve(NOT_DONE) };
    this.#latest.set(key, job);
    job.done = this.#run(key, job, previous);
    return job;
  }

  async #run(key: number, job: Job<Result>, previous?: Promise<unknown>): Promise<Result | typeof NOT_DONE> {
    // The callers that wait for that job get its error.
    await previous?.catch(() => undefined);
    await this.#acquireSlot();
    try {
      if (job.waiting === 0) return NOT_DONE;
      job.started = this.#started += 1;
      return await this.#work(key);
    } finally {
      if (this.#latest.get(key) === job) this.#latest.delete(key);
      this.#releaseSlot();
    }
  }

  async #acquireSlot(): Promise<void> {
    if (this.#free === 0) return new Promise((resolve) => void this.#queue.push(resolve));
    this.#free -= 1;
  }

  #releaseSlot(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}

/** NOT_DONE if the signal is aborted before the work is done; rejects as the work does. */
async function beforeAbort<Result>(
  work: Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result | typeof NOT_DONE> {
  let stop: () => void = () => undefined;
  const stopped = new Promise<typeof NOT_DONE>((resolve) => {
    stop = () => resolve(NOT_DONE);
  });
  signal?.addEventListener('abort', stop);
  try {
    return await Promise.race([work, stopped]);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
