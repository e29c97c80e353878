import {
  inTransaction,
  type BulkChangeRepository,
  type BulkChangeRow,
  type Database,
  type DatabaseTransaction,
  type TaskRepository,
} from '@pugmark/db';
import { PermanentError, RetryableError, type ClaimedTask, type TaskOutcome } from '@pugmark/domain';
import type { TaskContext, TaskHandler } from '@pugmark/tasks';
import type { StepsByKind } from '../bulk-changes/steps-by-kind';

export interface DeriveStores {
  readonly db: Database;
  readonly tasks: TaskRepository;
  readonly bulkChanges: BulkChangeRepository;
}

/** Images of the first step; further ones are as many as take about `STEP_MS`. */
const FIRST_STEP = 200;
const MAX_STEP = 5_000;
/** Duration of a step: requests for the same images or deployment wait for it. */
const STEP_MS = 500;

/**
 * Applies bulk changes. Works in steps of one transaction each, which also records the position, so that a killed
 * change resumes where it stopped and a step is neither skipped nor repeated.
 */
export class DeriveHandler implements TaskHandler<DatabaseTransaction, null> {
  readonly kind = 'derive' as const;
  readonly #stores: DeriveStores;
  readonly #steps: StepsByKind;

  constructor(stores: DeriveStores, steps: StepsByKind) {
    this.#stores = stores;
    this.#steps = steps;
  }

  async handle(tasks: readonly ClaimedTask[], context: TaskContext): Promise<TaskOutcome<null>[]> {
    return Promise.all(tasks.map((task) => this.#derive(task, context)));
  }

  /** Every step was written before; only the task's state is left. */
  async write(): Promise<void> {}

  async #derive(task: ClaimedTask, context: TaskContext): Promise<TaskOutcome<null>> {
    const change = await this.#stores.bulkChanges.find(this.#stores.db, task.subjectId);
    if (change === null) throw new PermanentError('bulk_change_missing', `there is no bulk change ${task.subjectId}`);
    const stopped = AbortSignal.any([context.signalOf(task), context.draining]);
    for (let size = FIRST_STEP; ;) {
      if (stopped.aborted)
        return {
          task,
          outcome: 'interrupted',
          code: 'interrupted',
          message: 'the service was stopped; the change resumes where it stopped',
        };
      const startedAt = performance.now();
      const count = await this.#step(task, change, size);
      context.progress();
      if (count === null) return { task, outcome: 'done', result: null };
      if (count > 0) size = nextSize(count, performance.now() - startedAt);
    }
  }

  /**
   * Changes up to `size` images, and returns how many; 0: none are left, but something else is; null: all is done.
   * Rolled back if the change was cancelled or taken over.
   */
  async #step(task: ClaimedTask, change: BulkChangeRow, size: number): Promise<number | null> {
    const { db, tasks, bulkChanges } = this.#stores;
    const { lock, list, apply, finish, afterwards } = this.#steps[change.kind];
    const result = await inTransaction(db, async (tx) => {
      await lock(tx, change);
      if (!(await tasks.holdsLease(tx, task)))
        throw new RetryableError('attempt_lost', 'the change was cancelled or taken over');
      const imageIds = await list(tx, change, await bulkChanges.lockPosition(tx, change.id), size);
      if (imageIds.length === 0) return (await finish?.(tx, change)) === false ? 0 : null;
      await apply(tx, change, imageIds);
      await bulkChanges.advance(tx, change.id, imageIds);
      return imageIds.length;
    });
    return result === null && afterwards !== undefined && !(await afterwards()) ? 0 : result;
  }
}

function nextSize(count: number, ms: number): number {
  return Math.max(1, Math.min(MAX_STEP, count * 2, Math.round((count * STEP_MS) / Math.max(1, ms))));
}
