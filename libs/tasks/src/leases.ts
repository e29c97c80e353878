import type { ClaimedTask } from '@pugmark/domain';
import { backgroundLoop, type BackgroundLoop, type Logger, type TaskMetrics } from '@pugmark/platform';
import type { LeaseStore } from './ports';

/** Short enough to notice a cancelled task within two checks; a third of a lease would be too long. */
const CHECK_MS = 500;
/** A task that was just committed appears to be lost until the response to the commit arrives. */
const MISSES_UNTIL_LOST = 2;

interface HeldTask {
  readonly task: ClaimedTask;
  readonly lost: AbortController;
  renewedAt: number;
  misses: number;
}

/**
 * Leases of the tasks that this process holds: checked twice a second and renewed at a third of their duration,
 * independently of the handlers.
 */
export class Leases {
  readonly #store: LeaseStore;
  readonly #logger: Logger;
  readonly #metrics: TaskMetrics;
  readonly #leaseMs: number;
  readonly #held = new Map<number, HeldTask>();
  readonly #loops: readonly BackgroundLoop[];

  constructor(leaseMs: number, store: LeaseStore, logger: Logger, metrics: TaskMetrics) {
    this.#store = store;
    this.#logger = logger;
    this.#metrics = metrics;
    this.#leaseMs = leaseMs;
    this.#loops = [
      backgroundLoop('renew leases', logger, () => this.#checkLeases(), CHECK_MS),
      // A separate loop: a store that does not respond must not delay the detection of an expired lease.
      backgroundLoop('watch leases', logger, () => this.#abortOverdue(), CHECK_MS),
    ];
  }

  get size(): number {
    return this.#held.size;
  }

  hold(tasks: readonly ClaimedTask[]): void {
    for (const task of tasks)
      this.#held.set(task.id, { task, lost: new AbortController(), renewedAt: performance.now(), misses: 0 });
  }

  release(tasks: readonly ClaimedTask[]): void {
    for (const task of tasks) {
      if (this.#held.get(task.id)?.task.attempt === task.attempt) this.#held.delete(task.id);
    }
  }

  /** Aborts the signals of tasks that are given up; their leases are held until `release`. */
  abort(tasks: readonly ClaimedTask[]): void {
    for (const task of tasks) {
      const entry = this.#held.get(task.id);
      if (entry?.task.attempt === task.attempt) entry.lost.abort();
    }
  }

  /** Aborted when the lease is lost, or has expired because it could not be renewed. */
  signalOf(task: ClaimedTask): AbortSignal {
    const entry = this.#held.get(task.id);
    return entry?.task.attempt === task.attempt ? entry.lost.signal : AbortSignal.abort();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.stop()));
  }

  /** Checks which tasks are still held; also extends their leases every third of the lease duration. */
  async #checkLeases(): Promise<number> {
    const checked = [...this.#held.values()];
    if (checked.length === 0) return CHECK_MS;
    const startedAt = performance.now();
    const due = checked.some((entry) => startedAt - entry.renewedAt >= this.#leaseMs / 3 - CHECK_MS);
    const tasks = checked.map((entry) => entry.task);
    const stillHeld = new Set(await (due ? this.#store.renew(tasks) : this.#store.stillHeld(tasks)));
    for (const entry of checked) {
      entry.misses = stillHeld.has(entry.task.id) ? 0 : entry.misses + 1;
      if (due && entry.misses === 0) entry.renewedAt = startedAt;
    }
    this.#abortLost(
      checked.filter((entry) => entry.misses >= MISSES_UNTIL_LOST),
      'taken',
      'cancelled or reassigned to another worker',
    );
    return CHECK_MS;
  }

  #abortOverdue(): Promise<number> {
    const overdue = [...this.#held.values()].filter((entry) => performance.now() - entry.renewedAt > this.#leaseMs);
    this.#abortLost(overdue, 'overdue', 'the lease could not be renewed in time');
    return Promise.resolve(CHECK_MS);
  }

  #abortLost(entries: readonly HeldTask[], reason: 'taken' | 'overdue', detail: string): void {
    // Skips entries that were released meanwhile: their tasks have ended.
    const lost = entries.filter((entry) => !entry.lost.signal.aborted && this.#held.get(entry.task.id) === entry);
    const [first] = lost;
    if (first === undefined) return;
    const { kind } = first.task;
    this.#metrics.leasesLost.inc({ kind, reason }, lost.length);
    this.#logger.warn(
      { kind, count: lost.length, taskIds: lost.slice(0, 10).map(({ task }) => task.id), why: detail },
      'lost the leases of tasks in progress',
    );
    for (const entry of lost) entry.lost.abort();
  }
}
