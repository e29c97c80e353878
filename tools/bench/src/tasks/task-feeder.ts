import type { Pool } from 'pg';
import { backgroundLoop, createLogger, type BackgroundLoop } from '@pugmark/platform';

const TURN_MS = 100;
/** Maximum number of tasks per statement. */
const CHUNK = 5_000;

/** Keeps a set number of tasks waiting, by creating as many as were published. */
export class TaskFeeder {
  readonly #pool: Pool;
  readonly #backlog: number;
  readonly #countPublished: () => Promise<number>;
  readonly #loop: BackgroundLoop;
  #created = 0;
  #published = 0;
  #before: number | undefined;

  /** `countPublished` must be cheap: counting the waiting rows would cost more than the tasks do. */
  constructor(pool: Pool, backlog: number, countPublished: () => Promise<number>) {
    this.#pool = pool;
    this.#backlog = backlog;
    this.#countPublished = countPublished;
    this.#loop = backgroundLoop('feed', createLogger('feeder', { LOG_LEVEL: 'warn', LOG_FORMAT: 'json' }), () =>
      this.#turn(),
    );
  }

  get full(): boolean {
    return this.#published > 0 && this.#created - this.#published >= this.#backlog;
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
  }

  async #turn(): Promise<number> {
    const count = await this.#countPublished();
    this.#published = count - (this.#before ??= count);
    const missing = Math.min(CHUNK, this.#backlog - (this.#created - this.#published));
    if (missing <= 0) return TURN_MS;
    await this.#pool.query(
      "insert into tasks (kind, subject_id) select 'detect', n from generate_series($1::int, $2::int) n",
      [this.#created + 1, this.#created + missing],
    );
    this.#created += missing;
    return missing === CHUNK ? 0 : TURN_MS;
  }
}
