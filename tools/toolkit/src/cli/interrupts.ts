import { InterruptedError } from '../command-error';

/**
 * npm passes Ctrl-C on although the terminal has sent it already; a second signal within this time is the same Ctrl-C.
 */
const DUPLICATE_SIGNAL_MS = 800;

/** Aborts `signal` at the first Ctrl-C, SIGTERM or hang-up; forces the end at the second. */
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
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => this.handleSignal());
  }

  handleSignal(): void {
    if (this.#first === null) {
      this.#first = this.now();
      this.onFirst();
      this.#abort.abort(new InterruptedError());
    } else if (this.now() - this.#first > DUPLICATE_SIGNAL_MS) {
      for (const kill of this.#kills) kill();
      this.onSecond();
    }
  }

  onForcedEnd(kill: () => void): () => void {
    this.#kills.add(kill);
    return () => void this.#kills.delete(kill);
  }
}
