const MIN_TARGET = 16;
/** How soon the pace may slow down again. */
const SLOW_DOWN_MS = 200;
/** Between two looks at a queue: the shorter while workers are fast, the longer while what lies there lasts. */
const CHECK_INTERVAL_MS = { min: 50, max: 200 } as const;

/**
 * How many rings of one kind may lie ready at the broker. Few, because a queue is first in, first out: what is rung can no longer
 * be overtaken by something more urgent. But enough that workers never wait: found empty, twice as many next time; found half
 * full, slowly fewer again. So a queue holds about what is consumed between two looks, be it six or six thousand a second.
 */
export class PublishRate {
  readonly #maxReady: number;
  readonly #now: () => number;
  #target = MIN_TARGET;
  #filled = false;
  #slowedAt = 0;
  /** Rings that lie ready after the last look. */
  #ready = 0;
  /** Rings a millisecond. */
  #consumption = Infinity;
  /** What it is reckoned from: the rings that lay ready then or came since, and when that was. */
  #available = 0;
  #measuredAt = 0;
  #busy = false;

  constructor(most: number, now: () => number = () => performance.now()) {
    this.#maxReady = most;
    this.#now = now;
  }

  /** There was something to ring, or no room for it, when the queue was looked at last: no need to ask whether anything is due. */
  get busy(): boolean {
    return this.#busy;
  }

  /** How many may be rung now, `ready` of them lying there already. */
  freeCapacity(ready: number): number {
    const now = this.#now();
    if (ready === 0 && this.#filled) this.#target = Math.min(this.#maxReady, this.#target * 2);
    else if (ready > this.#target / 2 && now - this.#slowedAt >= SLOW_DOWN_MS) {
      this.#target = Math.max(MIN_TARGET, Math.floor(this.#target * 0.9));
      this.#slowedAt = now;
    }
    // That nothing was taken in the two milliseconds since a ring does not say that nothing is.
    if (ready === 0 || now - this.#measuredAt >= CHECK_INTERVAL_MS.min) this.#updateConsumption(ready, now);
    this.#ready = ready;
    // Not one by one: half a queue full is soon enough, and costs half the transactions.
    const capacity = ready > this.#target / 2 ? 0 : this.#target - ready;
    this.#busy = capacity === 0;
    return capacity;
  }

  /** `rung` of the `room` were rung; all of it means that there was more to ring. */
  recordPublished(published: number, capacity: number): void {
    this.#filled = published >= capacity;
    this.#busy = published > 0;
    this.#ready += published;
    this.#available += published;
  }

  /** When to look again: before half of what lies ready is gone. */
  nextCheckMs(): number {
    return Math.min(CHECK_INTERVAL_MS.max, Math.max(CHECK_INTERVAL_MS.min, this.#ready / 2 / this.#consumption));
  }

  #updateConsumption(ready: number, now: number): void {
    this.#filled = false;
    // An emptied queue says that it was at least this fast, and no more.
    this.#consumption = ready === 0 ? Infinity : Math.max(0, this.#available - ready) / (now - this.#measuredAt);
    this.#available = ready;
    this.#measuredAt = now;
  }
}
