import type { Pool } from 'pg';
import { backgroundLoop, createLogger, type BackgroundLoop } from '@pugmark/platform';

const TURN_MS = 200;
const PER_TURN = 40;

/** Creates tasks before and during a fault, and records those whose creation the database has confirmed. */
export class SteadyLoad {
  readonly #pool: Pool;
  readonly #created: number[] = [];
  #next = 1;
  #loop: BackgroundLoop | undefined;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Ids of tasks whose creation was confirmed. */
  get created(): readonly number[] {
    return this.#created;
  }

  async create(count: number): Promise<void> {
    const from = this.#next;
    this.#next += count;
    const { rows } = await this.#pool.query<{ id: number }>(
      `insert into tasks (kind, subject_id) select 'detect', n
       from generate_series($1::int, $2::int) n
       returning id::int`,
      [from, from + count - 1],
    );
    this.#created.push(...rows.map(({ id }) => id));
  }

  /** Creates two hundred tasks per second until stopped. What fails while the database is down is not created. */
  start(): void {
    const logger = createLogger('load', { LOG_LEVEL: 'fatal', LOG_FORMAT: 'json' });
    this.#loop = backgroundLoop(
      'load',
      logger,
      async () => {
        await this.create(PER_TURN);
        return TURN_MS;
      },
      1_000,
    );
  }

  async stop(): Promise<void> {
    await this.#loop?.stop();
  }
}
