const LEAST = 16;
/** How soon the pace may slow down again. */
const SLOW_DOWN_MS = 200;

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

  constructor(most: number, now: () => number = () => performance.now()) {
    this.#most = most;
    this.#now = now;
  }

  /** How many may be rung now, `ready` of them lying there already. */
  room(ready: number): number {
    if (ready === 0 && this.#filled) this.#target = Math.min(this.#most, this.#target * 2);
    else if (ready > this.#target / 2 && this.#now() - this.#slowedAt >= SLOW_DOWN_MS) {
      this.#target = Math.max(LEAST, Math.floor(this.#target * 0.9));
      this.#slowedAt = this.#now();
    }
    this.#filled = false;
    return Math.max(0, this.#target - ready);
  }

  /** `rung` of the `room` were rung; all of it means that there was more to ring. */
  rang(rung: number, room: number): void {
    this.#filled = rung >= room;
  }
}
