import type { Pool } from 'pg';
import { backgroundLoop, createLogger, type BackgroundLoop } from '@pugmark/platform';

const TURN_MS = 100;
/** Most tasks of one statement. */
const CHUNK = 5_000;

/** Keeps a set number of null tasks waiting, by creating as many as were rung. */
export class TaskFeeder {
  readonly #pool: Pool;
  readonly #backlog: number;
  readonly #countRung: () => Promise<number>;
  readonly #loop: BackgroundLoop;
  #created = 0;
  #rung = 0;
  #before: number | undefined;

  /** `countRung` must be cheap: to count the waiting rows would cost more than the tasks do. */
  constructor(pool: Pool, backlog: number, countRung: () => Promise<number>) {
    this.#pool = pool;
    this.#backlog = backlog;
    this.#countRung = countRung;
    this.#loop = backgroundLoop('feed', createLogger('feeder', { LOG_LEVEL: 'warn', LOG_FORMAT: 'json' }), () =>
      this.#turn(),
    );
  }

  get full(): boolean {
    return this.#rung > 0 && this.#created - this.#rung >= this.#backlog;
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
  }

  async #turn(): Promise<number> {
    const count = await this.#countRung();
    this.#rung = count - (this.#before ??= count);
    const missing = Math.min(CHUNK, this.#backlog - (this.#created - this.#rung));
    if (missing <= 0) return TURN_MS;
    await this.#pool.query(
      "insert into tasks (kind, subject_id) select 'detect', n from generate_series($1::int, $2::int) n",
      [this.#created + 1, this.#created + missing],
    );
    this.#created += missing;
    return missing === CHUNK ? 0 : TURN_MS;
  }
}
