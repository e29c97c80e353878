import { TASK_POLICIES, type ClaimedTask } from '@pugmark/domain';
import { backgroundLoop, type BackgroundLoop, type Logger } from '@pugmark/platform';

/** The leases of the tasks that this process holds, renewed at a third of their time whatever the handlers do. */
export class Leases {
  readonly #renew: (tasks: readonly ClaimedTask[]) => Promise<readonly number[]>;
  readonly #logger: Logger;
  readonly #held = new Map<number, { task: ClaimedTask; lost: AbortController; renewedAt: number }>();
  readonly #loop: BackgroundLoop;

  constructor(intervalMs: number, renew: (tasks: readonly ClaimedTask[]) => Promise<readonly number[]>, logger: Logger) {
    this.#renew = renew;
    this.#logger = logger;
    this.#loop = backgroundLoop('renew leases', logger, () => this.#turn(intervalMs), intervalMs);
  }

  get size(): number {
    return this.#held.size;
  }

  hold(tasks: readonly ClaimedTask[]): void {
    for (const task of tasks) this.#held.set(task.id, { task, lost: new AbortController(), renewedAt: performance.now() });
  }

  release(tasks: readonly ClaimedTask[]): void {
    for (const task of tasks) {
      if (this.#held.get(task.id)?.task.attempt === task.attempt) this.#held.delete(task.id);
    }
  }

  /** Aborted once the lease is known to be lost, or has surely run out because it could not be renewed. */
  signalOf(task: ClaimedTask): AbortSignal {
    return this.#held.get(task.id)?.lost.signal ?? AbortSignal.abort();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
  }

  async #turn(intervalMs: number): Promise<number> {
    this.#giveUpOverdue();
    const asked = [...this.#held.values()];
    if (asked.length === 0) return intervalMs;
    const startedAt = performance.now();
    const renewed = new Set(await this.#renew(asked.map((entry) => entry.task)));
    for (const entry of asked) {
      if (renewed.has(entry.task.id)) entry.renewedAt = startedAt;
      else if (this.#held.get(entry.task.id) === entry) this.#lose(entry, 'the task was cancelled or given to another worker');
    }
    return intervalMs;
  }

  #giveUpOverdue(): void {
    for (const entry of this.#held.values()) {
      const leaseMs = TASK_POLICIES[entry.task.kind].leaseSeconds * 1_000;
      if (performance.now() - entry.renewedAt > leaseMs) this.#lose(entry, 'the lease could not be renewed in time');
    }
  }

  #lose(entry: { task: ClaimedTask; lost: AbortController }, why: string): void {
    if (entry.lost.signal.aborted) return;
    this.#logger.warn({ kind: entry.task.kind, taskId: entry.task.id, attempt: entry.task.attempt, why }, 'lost a task');
    entry.lost.abort();
  }
}
