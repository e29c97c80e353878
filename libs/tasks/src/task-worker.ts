import type { TaskKind } from '@pugmark/contracts';
import {
  FatalError,
  PermanentError,
  TASK_POLICIES,
  messageOf,
  type ClaimedTask,
  type TaskOutcome,
  type UnfinishedOutcome,
} from '@pugmark/domain';
import {
  HANDLER_STALLED,
  backgroundLoop,
  sleep,
  type BackgroundLoop,
  type Logger,
  type TaskMetrics,
} from '@pugmark/platform';
import { Leases } from './leases';
import { StallTimer } from './stall-timer';
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
  /**
   * Maximum time that the handler may work on a batch without reporting progress. The tasks of a batch that exceeds it
   * are retried elsewhere.
   */
  readonly stallLimitMs: number;
  readonly logger: Logger;
  readonly metrics: TaskMetrics;
  /** Called when a handler threw a FatalError or made no progress: the process should end. */
  readonly onFatal: (error: unknown) => void;
}

/** First and maximum delay before retrying a failed store call; doubled after each failure. */
const RETRY_MS = [200, 5_000] as const;
/**
 * Failures of a commit with live leases, in a row, after which its outcomes are committed one by one: a database that
 * renews leases and refuses every commit is not unavailable.
 */
const MAX_COMMIT_TRIES = 10;
/**
 * Interruptions by lost workers after which a task is handled alone, so that it no longer takes others with it if it is
 * the one that ends its worker.
 */
const ISOLATED_AFTER = 2;
/** Interval at which progress is recorded in the database. */
const RECORD_PROGRESS_MS = 5_000;

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
  /** Claims that the store has not answered. */
  #claims = 0;
  /** A batch that is not full waits for the end of a claim. */
  #isPartialDue = false;
  #subscription: Subscription | undefined;
  /** Batches whose handler stalled and has not settled. */
  readonly #abandoned = new Set<Promise<unknown>>();
  /** Since progress was last recorded in the database. */
  #progressed = false;
  #limitRecorded = false;
  #recordingProgress: BackgroundLoop | undefined;

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
    this.#recordingProgress = backgroundLoop(
      `record progress of ${handler.kind} tasks`,
      this.#options.logger,
      () => this.#recordProgress(),
      RECORD_PROGRESS_MS,
    );
  }

  /** Takes no new work and finishes the batches in progress. Deliveries not yet started return to the queue. */
  async drain(): Promise<void> {
    this.#draining.abort();
    clearTimeout(this.#flushTimer);
    await this.#subscription?.close();
    this.#pending = [];
    while (this.#batches.size > 0) await Promise.all(this.#batches);
    await Promise.all([this.#leases.stop(), this.#recordingProgress?.stop()]);
  }

  /**
   * Liveness check: throws while a handler that made no progress within the limit has not settled. Its tasks were given
   * back, but what it holds (memory, threads, files) is freed by a restart only.
   */
  assertMoving(): void {
    if (this.#abandoned.size === 0) return;
    const limit = `${this.#options.stallLimitMs / 1_000} s`;
    throw new Error(`${this.#abandoned.size} batches of ${this.kind} tasks made no progress for ${limit}`);
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
      this.#startPartialBatch();
    }, batchDelayMs);
  }

  /**
   * Starts a batch that is not full; not while another one is being claimed, since more notifications arrive meanwhile,
   * and two small claims cost almost twice as much as one.
   */
  #startPartialBatch(): void {
    this.#isPartialDue = this.#claims > 0;
    if (this.#isPartialDue || this.#draining.signal.aborted) return;
    if (this.#batches.size < this.#options.concurrency && this.#pending.length > 0) this.#startBatch();
  }

  #startBatch(): void {
    const deliveries = this.#pending.splice(0, this.#options.batchSize);
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
        if (!this.#draining.signal.aborted) this.#startBatches();
      });
    this.#batches.add(batch);
  }

  async #runBatch(deliveries: readonly Delivery[]): Promise<void> {
    const { handler, metrics } = this.#options;
    const kind = handler.kind;
    const tasks = await this.#countClaims(() => this.#claim(deliveries));
    if (tasks === null) return;
    metrics.claimed.inc({ kind }, tasks.length);
    metrics.notificationsStale.inc({ kind }, deliveries.length - tasks.length);
    this.#leases.hold(tasks);
    try {
      for (const group of groupsOf(tasks)) {
        await this.#commit(this.#draining.signal.aborted ? group.map(interruptedByDrain) : await this.#handle(group));
        this.#leases.release(group);
      }
    } finally {
      this.#leases.release(tasks);
    }
    for (const delivery of deliveries) delivery.ack();
  }

  async #countClaims<T>(claim: () => Promise<T>): Promise<T> {
    this.#claims += 1;
    try {
      return await claim();
    } finally {
      this.#claims -= 1;
      if (this.#isPartialDue) this.#startPartialBatch();
    }
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
    const { handler, stallLimitMs } = this.#options;
    let onStall: () => void = () => undefined;
    const stalled = new Promise<null>((resolve) => (onStall = () => resolve(null)));
    const timer = new StallTimer(stallLimitMs, onStall);
    const recordProgress = (): void => {
      this.#progressed = true;
      timer.recordProgress();
    };
    const handling = this.#callHandler(handler, tasks, recordProgress);
    try {
      return (await Promise.race([handling, stalled])) ?? this.#abandon(tasks, handling);
    } finally {
      timer.stop();
    }
  }

  /** Gives up a batch whose handler stalled. What the handler still returns is discarded. */
  #abandon(tasks: readonly ClaimedTask[], handling: Promise<unknown>): readonly TaskOutcome<Result>[] {
    const { handler, logger, metrics, stallLimitMs, onFatal } = this.#options;
    const { kind } = handler;
    this.#abandoned.add(handling);
    void handling.finally(() => this.#abandoned.delete(handling));
    this.#leases.abort(tasks);
    metrics.stalled.inc({ kind }, tasks.length);
    const seconds = stallLimitMs / 1_000;
    logger.error(
      { kind, count: tasks.length, taskIds: tasks.slice(0, 10).map(({ id }) => id), stallLimitMs },
      'a handler makes no progress; its tasks are retried, and this process ends',
    );
    const message = `the work made no progress for ${seconds} s and was given up`;
    // After this turn: a drain must find the batch, whose tasks are given back.
    setImmediate(() => onFatal(new FatalError(HANDLER_STALLED, `${kind} tasks: ${message}`)));
    return tasks.map((task) => ({ task, outcome: 'retry', code: 'no_progress', message }));
  }

  async #callHandler(
    handler: TaskHandler<Tx, Result, Kind>,
    tasks: readonly ClaimedTask[],
    progress: () => void,
  ): Promise<readonly TaskOutcome<Result>[]> {
    const { store, logger, onFatal } = this.#options;
    try {
      return await handler.handle(tasks, {
        signalOf: (task) => this.#leases.signalOf(task),
        draining: this.#draining.signal,
        progress,
      });
    } catch (err) {
      if (store.isUnavailable(err)) {
        logger.warn({ err, kind: handler.kind, count: tasks.length }, 'a batch was interrupted: no database');
        const message = `the database was unavailable: ${messageOf(err)}`;
        return tasks.map((task) => ({ task, outcome: 'interrupted', code: 'database_unavailable', message }));
      }
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
   * refuses, and a result whose writing throws, fail only the task that they belong to.
   */
  async #commit(outcomes: readonly TaskOutcome<Result>[]): Promise<void> {
    const { store, handler, logger, metrics } = this.#options;
    let waitMs: number = RETRY_MS[0];
    for (let tries = 1; ; tries += 1) {
      const stopTimer = metrics.commitSeconds.startTimer({ kind: handler.kind });
      try {
        const committed = new Set(await store.commit(outcomes, (tx, done) => handler.write(tx, done)));
        stopTimer();
        for (const { task, outcome } of outcomes) {
          if (committed.has(task.id)) metrics.finished.inc({ kind: handler.kind, outcome });
          else metrics.fenced.inc({ kind: handler.kind });
        }
        if (outcomes.some(({ outcome }) => outcome === 'done' || outcome === 'failed')) this.#progressed = true;
        return;
      } catch (err) {
        if (!store.isUnavailable(err) || tries >= MAX_COMMIT_TRIES) return this.#commitOneByOne(outcomes, err);
        if (outcomes.every(({ task }) => this.#leases.signalOf(task).aborted)) throw err;
        logger.warn({ err, count: outcomes.length, retryInMs: waitMs }, 'could not commit results; retrying');
        await sleep(waitMs);
        waitMs = Math.min(RETRY_MS[1], waitMs * 2);
      }
    }
  }

  async #commitOneByOne(outcomes: readonly TaskOutcome<Result>[], err: unknown): Promise<void> {
    const [only] = outcomes;
    if (outcomes.length > 1 || only === undefined) {
      for (const outcome of outcomes) await this.#commit([outcome]);
      return;
    }
    // An outcome without a result carries no data: if even that is refused, the data is not the cause.
    if (only.outcome !== 'done') throw err;
    this.#options.logger.error({ err, taskId: only.task.id }, 'the result of a task could not be written');
    await this.#commit([{ task: only.task, ...this.#unwritten(err) }]);
  }

  #unwritten(err: unknown): { outcome: UnfinishedOutcome; code: string; message: string } {
    const { store } = this.#options;
    if (store.isDataError(err))
      return {
        outcome: 'failed',
        code: 'result_refused',
        message: `the database refused the result: ${messageOf(err)}`,
      };
    return {
      // A commit that always times out may succeed on a less busy database.
      outcome: store.isUnavailable(err) ? 'retry' : 'failed',
      code: 'result_not_written',
      message: `the result could not be written: ${messageOf(err)}`,
    };
  }

  async #recordProgress(): Promise<number> {
    const { leases, stallLimitMs } = this.#options;
    const limitSeconds = Math.ceil(stallLimitMs / 1_000);
    if (!this.#limitRecorded) await leases.recordProgressLimit(this.kind, limitSeconds);
    this.#limitRecorded = true;
    if (this.#progressed) {
      this.#progressed = false;
      await leases.recordProgress(this.kind, limitSeconds);
    }
    return RECORD_PROGRESS_MS;
  }
}

/**
 * Tasks to handle together: all but those that were interrupted by lost workers before. Each of these is handled alone,
 * in random order, so that those behind the one that ends its worker are in front of it another time.
 */
function groupsOf(tasks: readonly ClaimedTask[]): readonly (readonly ClaimedTask[])[] {
  const isSuspect = ({ interruptions, lastErrorCode }: ClaimedTask): boolean =>
    interruptions >= ISOLATED_AFTER && lastErrorCode === 'worker_lost';
  const together = tasks.filter((task) => !isSuspect(task));
  const alone = tasks
    .filter(isSuspect)
    .map((task) => ({ task, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ task }) => [task]);
  return together.length === 0 ? alone : [together, ...alone];
}

function interruptedByDrain(task: ClaimedTask): TaskOutcome<never> {
  return { task, outcome: 'interrupted', code: 'interrupted', message: 'the service was stopped' };
}
