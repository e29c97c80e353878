import { exportJobKey, type Cache, type ExportJob } from '@pugmark/cache';
import type { DatabaseTransaction, TaskRepository } from '@pugmark/db';
import type { ClaimedTask, TaskOutcome } from '@pugmark/domain';
import type { WorkStore } from '@pugmark/tasks';

const KEEP_SECONDS = 3_600;

/**
 * The tasks table; writes the outcome of exports to the cache after the commit, because before it the outcome may still
 * change.
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

  isUnavailable(error: unknown): boolean {
    return this.#tasks.isUnavailable(error);
  }

  /** A retry may have been the last one, which only the row shows: the cached progress is removed. */
  async #reportOutcome({ task, outcome }: TaskOutcome<unknown>): Promise<void> {
    const key = exportJobKey(task.subjectId);
    if (outcome === 'retry' || outcome === 'interrupted') return this.#cache.delete(key);
    const job: ExportJob =
      outcome === 'done' ? { status: 'completed', percent: 100 } : { status: 'failed', percent: 0 };
    await this.#cache.set(key, job, KEEP_SECONDS);
  }
}
