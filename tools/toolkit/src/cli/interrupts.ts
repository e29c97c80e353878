import { InterruptedError } from '../command-error';

/** npm passes Ctrl-C on although the terminal has sent it already; what comes this soon is the same wish. */
const SAME_WISH_MS = 800;

/** First Ctrl-C, SIGTERM or closed terminal: `signal` is aborted. Second: `onSecond`. */
export class Interrupts {
  readonly #abort = new AbortController();
  readonly #kills = new Set<() => void>();
  #first: number | null = null;

  constructor(
    private readonly onFirst: () => void,
    private readonly onSecond: () => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  listen(): void {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => this.hear());
  }

  hear(): void {
    if (this.#first === null) {
      this.#first = this.now();
      this.onFirst();
      this.#abort.abort(new InterruptedError());
    } else if (this.now() - this.#first > SAME_WISH_MS) {
      for (const kill of this.#kills) kill();
      this.onSecond();
    }
  }

  onForcedEnd(kill: () => void): () => void {
    this.#kills.add(kill);
    return () => void this.#kills.delete(kill);
  }
}
