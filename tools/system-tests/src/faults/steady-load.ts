import { backgroundLoop, createLogger, type BackgroundLoop } from '@pugmark/platform';
import type { ImageRun } from './image-run';

const TURN_MS = 200;
const PER_TURN = 10;

/** Creates images before and during a fault, and records the tasks whose creation the database has confirmed. */
export class SteadyLoad {
  readonly #run: ImageRun;
  readonly #created: number[] = [];
  #loop: BackgroundLoop | undefined;

  constructor(run: ImageRun) {
    this.#run = run;
  }

  /** Ids of tasks whose creation was confirmed. */
  get created(): readonly number[] {
    return this.#created;
  }

  async create(count: number): Promise<void> {
    this.#created.push(...(await this.#run.create(count)));
  }

  /** Creates fifty images per second until stopped. What fails while the database is down is not created. */
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
