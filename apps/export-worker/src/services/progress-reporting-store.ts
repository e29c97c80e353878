import { exportJobKey, type Cache, type ExportJob } from '@pugmark/cache';
import type { DatabaseTransaction, TaskRepository } from '@pugmark/db';
import type { ClaimedTask, TaskOutcome } from '@pugmark/domain';
import type { WorkStore } from '@pugmark/tasks';

const KEEP_SECONDS = 3_600;

/**
 * The tasks table, telling the cache how exports ended, once the commit has counted: before it, the cache would say what may
 * never become true.
 */
export class ProgressReportingStore implements WorkStore<DatabaseTransaction> {
  readonly #tasks: TaskRepository;
  readonly #cache: Cache;

  constructor(tasks: TaskRepository, cache: Cache) {
    this.#tasks = tasks;
    this.#cache = cache;
  }

  claim(...parameters: Parameters<TaskRepository['claim']>): Promise<ClaimedTask[]> {
    return this.#tasks.claim(...parameters);
  }

  async commit<Result>(
    outcomes: readonly TaskOutcome<Result>[],
    write: (tx: DatabaseTransaction, done: readonly { task: ClaimedTask; result: Result }[]) => Promise<void>,
  ): Promise<number[]> {
    const committed = await this.#tasks.commit(outcomes, write);
    await Promise.all(
      outcomes.filter(({ task }) => committed.includes(task.id)).map((outcome) => this.#reportOutcome(outcome)),
    );
    return committed;
  }

  isDataError(error: unknown): boolean {
    return this.#tasks.isDataError(error);
  }

  /** A retry may have been the last one, which only the row knows: then nothing is said. */
  async #reportOutcome({ task, outcome }: TaskOutcome<unknown>): Promise<void> {
    const key = exportJobKey(task.subjectId);
    if (outcome === 'retry') return this.#cache.delete(key);
    const job: ExportJob =
      outcome === 'done' ? { status: 'completed', percent: 100 } : { status: 'failed', percent: 0 };
    await this.#cache.set(key, job, KEEP_SECONDS);
  }
}
