/** Fires once when no progress was recorded for `limitMs` milliseconds. */
export class StallTimer {
  readonly #limitMs: number;
  readonly #onStall: () => void;
  #progressAt = performance.now();
  #timer: NodeJS.Timeout;

  constructor(limitMs: number, onStall: () => void) {
    this.#limitMs = limitMs;
    this.#onStall = onStall;
    this.#timer = setTimeout(() => this.#check(), limitMs);
  }

  recordProgress(): void {
    this.#progressAt = performance.now();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Instead of a new timer for each progress, which may come thousands of times a second. */
  #check(): void {
    const remainingMs = this.#limitMs - (performance.now() - this.#progressAt);
    if (remainingMs <= 0) this.#onStall();
    else this.#timer = setTimeout(() => this.#check(), remainingMs);
  }
}
