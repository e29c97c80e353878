import type { TaskNotification, TaskKind } from '@pugmark/contracts';
import type { ClaimedTask, TaskOutcome } from '@pugmark/domain';

/*
 * Terms:
 * - Task: a row of `tasks`, the unit of work.
 * - Notification: the message that says that a task has work for an attempt.
 * - Claim: take a task for one attempt, under a lease.
 * - Commit: write the results and end the attempt in one transaction, fenced by the attempt.
 */

export interface Notification {
  readonly taskId: number;
  readonly attempt: number;
  readonly traceparent: string | null;
}

/** Outcome of publishing notifications, by task id. */
export interface PublishResult {
  /** Confirmed by the broker and not returned: a queue holds the notification. */
  readonly confirmed: readonly number[];
  readonly failed: readonly { readonly taskId: number; readonly reason: 'returned' | 'refused' | 'not_confirmed' }[];
}

export interface NotificationPublisher {
  /**
   * Resolves with the outcome of every notification, within the publisher's own deadline. Rejects when there is no
   * connection.
   */
  publishNotifications(kind: TaskKind, notifications: readonly Notification[]): Promise<PublishResult>;
  /** Counts the ready messages in the queue of a kind, without those that a consumer holds. */
  readyCount(kind: TaskKind): Promise<number>;
}

/** A delivered notification. Acking it after its channel closed does nothing: the broker delivers it again. */
export interface Delivery {
  readonly message: TaskNotification;
  ack(): void;
}

export interface Subscription {
  /** Stops deliveries; unacked ones return to the queue when the connection closes. */
  close(): Promise<void>;
}

export interface NotificationSource {
  /** Delivers notifications until closed, across reconnects. At most `prefetch` are unacked at a time. */
  consume(kind: TaskKind, prefetch: number, onDelivery: (delivery: Delivery) => void): Subscription;
}

/** A due task; `attempt` is the one that its notification asks for. */
export interface PublishableTask {
  readonly id: number;
  readonly attempt: number;
  readonly traceparent: string | null;
}

/** The part of the tasks table that a dispatcher uses. */
export interface DispatchStore {
  /** Reads the kinds that have a waiting task whose `run_at` has passed. */
  dueKinds(): Promise<readonly TaskKind[]>;
  /**
   * Marks due tasks of a kind as queued, at most `limit` and no more than `depth` with those that are queued already,
   * and returns them, the most urgent first. Their notifications must be published next.
   */
  markDue(kind: TaskKind, depth: number, limit: number): Promise<readonly PublishableTask[]>;
  /** Lets tasks wait again whose notifications were not confirmed; not those that were claimed or ended meanwhile. */
  putBack(tasks: readonly PublishableTask[]): Promise<void>;
  /** Reads the kinds that have queued or running tasks: only these can need reconciling. */
  activeKinds(): Promise<readonly TaskKind[]>;
  reconcile(
    kind: TaskKind,
    notificationTimeoutSeconds: number,
  ): Promise<{ readonly leasesExpired: number; readonly exhausted: number; readonly notificationsLost: number }>;
}

/** Reconciles tasks with the requested state of their runs: cancelled, paused, resumed, retried, reprioritised. */
export interface RunReconciler {
  /** Changes about `limit` tasks. Returns how many; 0 when none is left. */
  reconcile(limit: number): Promise<number>;
}

/**
 * Store for renewing leases. Uses its own connections, so that leases are renewed even when all work connections are
 * busy or stuck.
 */
export interface LeaseStore {
  /** Extends the leases of these tasks. Returns the ids that are still held. */
  renew(tasks: readonly ClaimedTask[]): Promise<readonly number[]>;
  /** Returns the ids that are still held: neither cancelled nor reassigned. */
  stillHeld(tasks: readonly ClaimedTask[]): Promise<readonly number[]>;
  /** Records how long the work of a kind may stand still: from now on, if it has never moved. */
  recordProgressLimit(kind: TaskKind, limitSeconds: number): Promise<void>;
  /** Records that the work of a kind moves now, and how long it may stand still. */
  recordProgress(kind: TaskKind, limitSeconds: number): Promise<void>;
}

/**
 * The part of the tasks table that a worker uses. `Tx` is the store's transaction; only the handler's `write` uses it.
 */
export interface WorkStore<Tx> {
  claim(
    kind: TaskKind,
    notifications: readonly { id: number; attempt: number }[],
    owner: string,
  ): Promise<readonly ClaimedTask[]>;
  commit<Result>(
    outcomes: readonly TaskOutcome<Result>[],
    write: (tx: Tx, done: readonly { task: ClaimedTask; result: Result }[]) => Promise<void>,
  ): Promise<readonly number[]>;
  /** Whether the error is caused by the data (a constraint, a value out of range), so that retrying is useless. */
  isDataError(error: unknown): boolean;
  /**
   * Whether the error is caused by a store that is unreachable, overloaded or restarting, so that retrying may help.
   */
  isUnavailable(error: unknown): boolean;
}

export interface TaskContext {
  /** Aborted when this attempt is void: its task was cancelled, or its lease was lost. */
  signalOf(task: ClaimedTask): AbortSignal;
  /**
   * Aborted when the service drains. A long task should then end early with the outcome `retry`; a short one may
   * finish.
   */
  readonly draining: AbortSignal;
  /**
   * Reports progress: an image was answered, a page written, a file scanned. A batch without progress for the limit of
   * its worker is given up: its signals are aborted, its tasks retried, and its outcomes discarded.
   */
  progress(): void;
}

export interface TaskHandler<Tx, Result, Kind extends TaskKind = TaskKind> {
  readonly kind: Kind;
  /**
   * Processes a batch and returns an outcome for each of its tasks. An error applies to the whole batch: PermanentError
   * → failed, FatalError → the service ends, an unavailable store → interrupted, anything else → retry.
   */
  handle(tasks: readonly ClaimedTask[], context: TaskContext): Promise<readonly TaskOutcome<Result>[]>;
  /** Writes the results in the transaction that ends their tasks. */
  write(tx: Tx, done: readonly { task: ClaimedTask; result: Result }[]): Promise<void>;
}
