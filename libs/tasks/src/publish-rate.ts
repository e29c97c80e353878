const MIN_TARGET = 16;
/** Minimum time between two reductions of the target. */
const SLOW_DOWN_MS = 200;
/**
 * Bounds of the time between two checks of a queue: shorter while workers are fast, longer while the ready messages
 * last.
 */
const CHECK_INTERVAL_MS = { min: 50, max: 200 } as const;

/**
 * Controls how many notifications of one kind are ready at the broker. Few, because a queue is first in, first out: a
 * more urgent task cannot overtake published ones. Enough that workers never wait: the target doubles when the queue
 * was found empty, and decreases slowly when it was found half full. So a queue holds about what is consumed between
 * two checks, at any rate.
 */
export class PublishRate {
  readonly #maxReady: number;
  readonly #now: () => number;
  #target = MIN_TARGET;
  #filled = false;
  #slowedAt = 0;
  /** Ready notifications after the last check. */
  #ready = 0;
  /** Notifications per millisecond. */
  #consumption = Infinity;
  /** Basis of the consumption estimate: notifications that were ready at the measurement or published since. */
  #available = 0;
  #measuredAt = 0;
  #busy = false;

  constructor(maxReady: number, now: () => number = () => performance.now()) {
    this.#maxReady = maxReady;
    this.#now = now;
  }

  /**
   * Whether tasks were due, or the queue was full, at the last check: the next check need not ask which kinds are due.
   */
  get busy(): boolean {
    return this.#busy;
  }

  /** Returns how many notifications may be published now, given `ready` in the queue. */
  freeCapacity(ready: number): number {
    const now = this.#now();
    if (ready === 0 && this.#filled) this.#target = Math.min(this.#maxReady, this.#target * 2);
    else if (ready > this.#target / 2 && now - this.#slowedAt >= SLOW_DOWN_MS) {
      this.#target = Math.max(MIN_TARGET, Math.floor(this.#target * 0.9));
      this.#slowedAt = now;
    }
    // A count taken within milliseconds of a publish says nothing about consumption.
    if (ready === 0 || now - this.#measuredAt >= CHECK_INTERVAL_MS.min) this.#updateConsumption(ready, now);
    this.#ready = ready;
    // Refills only a half empty queue instead of one message at a time: this halves the number of transactions.
    const capacity = ready > this.#target / 2 ? 0 : this.#target - ready;
    this.#busy = capacity === 0;
    return capacity;
  }

  /** Records that `published` of `capacity` notifications were published; all of them means that more tasks are due. */
  recordPublished(published: number, capacity: number): void {
    this.#filled = published >= capacity;
    this.#busy = published > 0;
    this.#ready += published;
    this.#available += published;
  }

  /** Returns the time until the next check: before half of the ready notifications are consumed. */
  nextCheckMs(): number {
    return Math.min(CHECK_INTERVAL_MS.max, Math.max(CHECK_INTERVAL_MS.min, this.#ready / 2 / this.#consumption));
  }

  #updateConsumption(ready: number, now: number): void {
    this.#filled = false;
    // An empty queue gives only a lower bound of the consumption.
    this.#consumption = ready === 0 ? Infinity : Math.max(0, this.#available - ready) / (now - this.#measuredAt);
    this.#available = ready;
    this.#measuredAt = now;
  }
}
