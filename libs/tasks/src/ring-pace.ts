const LEAST = 16;
/** How soon the pace may slow down again. */
const SLOW_DOWN_MS = 200;
/** Between two looks at a queue: the shorter while workers are fast, the longer while what lies there lasts. */
const WAIT_MS = { least: 50, most: 200 } as const;

/**
 * How many rings of one kind may lie ready at the broker. Few, because a queue is first in, first out: what is rung can no longer
 * be overtaken by something more urgent. But enough that workers never wait: found empty, twice as many next time; found half
 * full, slowly fewer again. So a queue holds about what is consumed between two looks, be it six or six thousand a second.
 */
export class RingPace {
  readonly #most: number;
  readonly #now: () => number;
  #target = LEAST;
  #filled = false;
  #slowedAt = 0;
  /** Rings that lie ready after the last look. */
  #left = 0;
  /** Rings a millisecond. */
  #consumption = Infinity;
  /** What it is reckoned from: the rings that lay ready then or came since, and when that was. */
  #counted = 0;
  #countedAt = 0;
  #busy = false;

  constructor(most: number, now: () => number = () => performance.now()) {
    this.#most = most;
    this.#now = now;
  }

  /** There was something to ring, or no room for it, when the queue was looked at last: no need to ask whether anything is due. */
  get busy(): boolean {
    return this.#busy;
  }

  /** How many may be rung now, `ready` of them lying there already. */
  room(ready: number): number {
    const now = this.#now();
    if (ready === 0 && this.#filled) this.#target = Math.min(this.#most, this.#target * 2);
    else if (ready > this.#target / 2 && now - this.#slowedAt >= SLOW_DOWN_MS) {
      this.#target = Math.max(LEAST, Math.floor(this.#target * 0.9));
      this.#slowedAt = now;
    }
    // That nothing was taken in the two milliseconds since a ring does not say that nothing is.
    if (ready === 0 || now - this.#countedAt >= WAIT_MS.least) this.#reckon(ready, now);
    this.#left = ready;
    // Not one by one: half a queue full is soon enough, and costs half the transactions.
    const room = ready > this.#target / 2 ? 0 : this.#target - ready;
    this.#busy = room === 0;
    return room;
  }

  /** `rung` of the `room` were rung; all of it means that there was more to ring. */
  rang(rung: number, room: number): void {
    this.#filled = rung >= room;
    this.#busy = rung > 0;
    this.#left += rung;
    this.#counted += rung;
  }

  /** When to look again: before half of what lies ready is gone. */
  waitMs(): number {
    return Math.min(WAIT_MS.most, Math.max(WAIT_MS.least, this.#left / 2 / this.#consumption));
  }

  #reckon(ready: number, now: number): void {
    this.#filled = false;
    // An emptied queue says that it was at least this fast, and no more.
    this.#consumption = ready === 0 ? Infinity : Math.max(0, this.#counted - ready) / (now - this.#countedAt);
    this.#counted = ready;
    this.#countedAt = now;
  }
}
