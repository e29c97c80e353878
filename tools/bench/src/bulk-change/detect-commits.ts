import { setTimeout as delay } from 'node:timers/promises';
import { DetectionRepository, inTransaction, type Database } from '@pugmark/db';

const BATCH = 16;
const PAUSE_MS = 200;

/** Commits results of another model for images of the deployment, in batches as the ml-worker does. */
export class DetectCommits {
  readonly #stop = new AbortController();
  #running: Promise<number[]> = Promise.resolve([]);

  constructor(private readonly db: Database) {}

  start(): void {
    this.#running = this.#run();
  }

  /** Resolves with the duration of each commit, in milliseconds. */
  async stop(): Promise<number[]> {
    this.#stop.abort();
    return this.#running;
  }

  async #run(): Promise<number[]> {
    const { signal } = this.#stop;
    const { id: modelId } = await this.db
      .insertInto('models')
      .values({ name: `bench-${Date.now()}`, version: '1', licence: 'MIT', threshold: 0.5, manifest: '{}' })
      .returning('id')
      .executeTakeFirstOrThrow();
    const ids = await this.#spreadImages();
    const times: number[] = [];
    for (let from = 0; !signal.aborted && from < ids.length; from += BATCH) {
      const began = performance.now();
      await inTransaction(this.db, (tx) =>
        new DetectionRepository().insertNew(
          tx,
          ids.slice(from, from + BATCH).map((imageId) => ({
            imageId,
            modelId,
            engine: 'null',
            warning: null,
            decodeMs: 1,
            inferMs: 1,
            detections: [
              {
                category: 'animal',
                label: 'red fox',
                confidence: 0.9,
                box: { x: 0.1, y: 0.1, width: 0.2, height: 0.2 },
              },
            ],
          })),
        ),
      );
      times.push(performance.now() - began);
      await delay(PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
    return times;
  }

  /** Each batch is one run of images; batches are spread over the deployment. */
  async #spreadImages(): Promise<number[]> {
    const rows = await this.db.selectFrom('images').select('id').orderBy('id').execute();
    const batches = Array.from({ length: Math.floor(rows.length / BATCH) }, (_, n) => n);
    const STEP = 7_919;
    return batches.flatMap((n) => {
      const from = ((n * STEP) % batches.length) * BATCH;
      return rows.slice(from, from + BATCH).map(({ id }) => id);
    });
  }
}
