import type { TaskKind } from '@pugmark/contracts';
import {
  FatalError,
  PermanentError,
  TASK_POLICIES,
  messageOf,
  type ClaimedTask,
  type TaskOutcome,
} from '@pugmark/domain';
import { sleep, type Logger, type TaskMetrics } from '@pugmark/platform';
import { Leases } from './leases';
import type { Delivery, NotificationSource, LeaseStore, Subscription, TaskHandler, WorkStore } from './ports';

export interface TaskWorkerOptions<Tx, Result, Kind extends TaskKind> {
  readonly handler: TaskHandler<Tx, Result, Kind>;
  readonly store: WorkStore<Tx>;
  readonly leases: LeaseStore;
  readonly source: NotificationSource;
  /** Owner of the claims (host, service and process id), for people to read. */
  readonly owner: string;
  /** Maximum tasks in one batch: one claim, one `handle`, one commit. */
  readonly batchSize: number;
  /** Maximum time that a notification waits for its batch to fill. */
  readonly batchDelayMs: number;
  /** Maximum concurrent batches. */
  readonly concurrency: number;
  readonly logger: Logger;
  readonly metrics: TaskMetrics;
  /** Called when a handler threw a FatalError: the process should end. */
  readonly onFatal: (error: unknown) => void;
}

/** First and maximum delay before retrying a failed store call; doubled after each failure. */
const RETRY_MS = [200, 5_000] as const;

/**
 * Collects notifications into batches and processes each: claim → handle → commit results and state → ack, always in
 * this order. A process that dies after any step loses nothing: before the commit the lease expires and the task is
 * published again; after it the redelivered notification finds nothing to claim.
 */
export class TaskWorker<Tx, Result, Kind extends TaskKind = TaskKind> {
  readonly #options: TaskWorkerOptions<Tx, Result, Kind>;
  readonly #leases: Leases;
  readonly #draining = new AbortController();
  readonly #batches = new Set<Promise<void>>();
  #pending: Delivery[] = [];
  #flushTimer: NodeJS.Timeout | undefined;
  #subscription: Subscription | undefined;
  #lastProgress = performance.now();

  constructor(options: TaskWorkerOptions<Tx, Result, Kind>) {
    this.#options = options;
    const leaseMs = TASK_POLICIES[options.handler.kind].leaseSeconds * 1_000;
    this.#leases = new Leases(leaseMs, options.leases, options.logger, options.metrics);
  }

  get kind(): Kind {
    return this.#options.handler.kind;
  }

  start(): void {
    const { source, handler, batchSize, concurrency } = this.#options;
    // One batch more than can run concurrently, so that the next one is ready.
    this.#subscription = source.consume(handler.kind, batchSize * (concurrency + 1), (delivery) =>
      this.#receive(delivery),
    );
  }

  /** Takes no new work and finishes the batches in progress. Deliveries not yet started return to the queue. */
  async drain(): Promise<void> {
    this.#draining.abort();
    clearTimeout(this.#flushTimer);
    await this.#subscription?.close();
    this.#pending = [];
    while (this.#batches.size > 0) await Promise.all(this.#batches);
    await this.#leases.stop();
  }

  /** Liveness check: throws when this worker holds work and has finished none for `limitMs` milliseconds. */
  assertMoving(limitMs: number): void {
    const stalledMs = this.#batches.size === 0 ? 0 : performance.now() - this.#lastProgress;
    if (stalledMs > limitMs)
      throw new Error(`holds ${this.#leases.size} tasks and has finished none for ${Math.round(stalledMs / 1_000)} s`);
  }

  #receive(delivery: Delivery): void {
    if (this.#draining.signal.aborted) return;
    this.#pending.push(delivery);
    this.#startBatches();
  }

  /** Starts a batch when one is full, or when its first notification has waited for `batchDelayMs`. */
  #startBatches(): void {
    const { batchSize, batchDelayMs, concurrency } = this.#options;
    while (this.#batches.size < concurrency && this.#pending.length >= batchSize) this.#startBatch();
    if (this.#batches.size >= concurrency || this.#pending.length === 0 || this.#flushTimer !== undefined) return;
    this.#flushTimer = setTimeout(() => {
      this.#flushTimer = undefined;
      if (this.#draining.signal.aborted) return;
      if (this.#batches.size < concurrency && this.#pending.length > 0) this.#startBatch();
    }, batchDelayMs);
  }

  #startBatch(): void {
    const deliveries = this.#pending.splice(0, this.#options.batchSize);
    if (this.#batches.size === 0) this.#lastProgress = performance.now();
    const batch = this.#runBatch(deliveries)
      .catch((err: unknown) => {
        this.#options.logger.error(
          { err, count: deliveries.length },
          'a batch failed unexpectedly; its tasks will be retried',
        );
        // The leases expire and the tasks are published again. The old notifications would find nothing to claim; left
        // unacked, they would fill the prefetch until no new ones arrive.
        for (const delivery of deliveries) delivery.ack();
      })
      .finally(() => {
        this.#batches.delete(batch);
        this.#lastProgress = performance.now();
        if (!this.#draining.signal.aborted) this.#startBatches();
      });
    this.#batches.add(batch);
  }

  async #runBatch(deliveries: readonly Delivery[]): Promise<void> {
    const { handler, metrics } = this.#options;
    const kind = handler.kind;
    const tasks = await this.#claim(deliveries);
    if (tasks === null) return;
    metrics.claimed.inc({ kind }, tasks.length);
    metrics.notificationsStale.inc({ kind }, deliveries.length - tasks.length);
    if (tasks.length > 0) {
      this.#leases.hold(tasks);
      try {
        await this.#commit(await this.#handle(tasks));
      } finally {
        this.#leases.release(tasks);
      }
    }
    for (const delivery of deliveries) delivery.ack();
  }

  /** Claims the tasks. Null when the service drains before the store responds. */
  async #claim(deliveries: readonly Delivery[]): Promise<readonly ClaimedTask[] | null> {
    const { store, handler, owner, logger } = this.#options;
    const notifications = deliveries.map(({ message }) => ({ id: message.taskId, attempt: message.attempt }));
    for (let waitMs: number = RETRY_MS[0]; ; waitMs = Math.min(RETRY_MS[1], waitMs * 2)) {
      try {
        return await store.claim(handler.kind, notifications, owner);
      } catch (err) {
        logger.warn({ err, count: notifications.length, retryInMs: waitMs }, 'could not claim tasks');
        if (this.#draining.signal.aborted) return null;
        await sleep(waitMs, this.#draining.signal);
        if (this.#draining.signal.aborted) return null;
      }
    }
  }

  async #handle(tasks: readonly ClaimedTask[]): Promise<readonly TaskOutcome<Result>[]> {
    const { handler, logger, onFatal } = this.#options;
    try {
      return await handler.handle(tasks, {
        signalOf: (task) => this.#leases.signalOf(task),
        draining: this.#draining.signal,
        progress: () => (this.#lastProgress = performance.now()),
      });
    } catch (err) {
      const coded = err as { code?: unknown };
      const code = typeof coded.code === 'string' ? coded.code : 'unexpected_error';
      if (err instanceof FatalError) onFatal(err);
      else logger.warn({ err, kind: handler.kind, taskIds: tasks.map((task) => task.id) }, 'a batch failed');
      const outcome = err instanceof PermanentError ? 'failed' : 'retry';
      return tasks.map((task) => ({ task, outcome, code, message: messageOf(err) }));
    }
  }

  /**
   * Commits until the store responds, or until all leases are lost and the results are void. Data that the store
   * refuses fails only the task that it belongs to.
   */
  async #commit(outcomes: readonly TaskOutcome<Result>[]): Promise<void> {
    const { store, handler, logger, metrics } = this.#options;
    for (let waitMs: number = RETRY_MS[0]; ; waitMs = Math.min(RETRY_MS[1], waitMs * 2)) {
      const stopTimer = metrics.commitSeconds.startTimer({ kind: handler.kind });
      try {
        const committed = new Set(await store.commit(outcomes, (tx, done) => handler.write(tx, done)));
        stopTimer();
        for (const { task, outcome } of outcomes) {
          if (committed.has(task.id)) metrics.finished.inc({ kind: handler.kind, outcome });
          else metrics.fenced.inc({ kind: handler.kind });
        }
        return;
      } catch (err) {
        if (store.isDataError(err)) return this.#commitOneByOne(outcomes, err);
        if (outcomes.every(({ task }) => this.#leases.signalOf(task).aborted)) throw err;
        logger.warn({ err, count: outcomes.length, retryInMs: waitMs }, 'could not commit results; retrying');
        await sleep(waitMs);
      }
    }
  }

  async #commitOneByOne(outcomes: readonly TaskOutcome<Result>[], err: unknown): Promise<void> {
    const [only] = outcomes;
    if (outcomes.length > 1 || only === undefined) {
      for (const outcome of outcomes) await this.#commit([outcome]);
      return;
    }
    // A failed outcome carries no data: if even that is refused, the data is not the cause.
    if (only.outcome !== 'done') throw err;
    this.#options.logger.error({ err, taskId: only.task.id }, 'the database refused the result of a task');
    await this.#commit([
      {
        task: only.task,
        outcome: 'failed',
        code: 'result_refused',
        message: `the database refused the result: ${messageOf(err)}`,
      },
    ]);
  }
}
