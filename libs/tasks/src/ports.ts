import type { TaskNotification, TaskKind } from '@pugmark/contracts';
import type { ClaimedTask, TaskOutcome } from '@pugmark/domain';

/*
 * Words of this library.
 * Task: a row of `tasks`, the work itself.      Doorbell: the message that says "row n has work, attempt m".
 * Ring: publish a doorbell.                     Claim: take a row for one attempt, under a lease.
 * Commit: write results and end the attempt in one transaction, fenced by the attempt.
 */

export interface Notification {
  readonly taskId: number;
  readonly attempt: number;
  readonly traceparent: string | null;
}

/** What became of a ring, by task id. */
export interface PublishResult {
  /** Confirmed by the broker and not returned: some queue holds it. */
  readonly confirmed: readonly number[];
  readonly failed: readonly { readonly taskId: number; readonly reason: 'returned' | 'refused' | 'not_confirmed' }[];
}

export interface NotificationPublisher {
  /** Answers for every doorbell within a deadline of its own; rejects when there is no connection. */
  publishNotifications(kind: TaskKind, notifications: readonly Notification[]): Promise<PublishResult>;
  /** Messages that lie ready in the queue of a kind, not counting those that a consumer holds. */
  readyCount(kind: TaskKind): Promise<number>;
}

/** A doorbell that was delivered. To ack one whose channel is gone does nothing: the broker delivers it again. */
export interface Delivery {
  readonly message: TaskNotification;
  ack(): void;
}

export interface Subscription {
  /** No further deliveries come; those not acked go back to the queue when the connection closes. */
  close(): Promise<void>;
}

export interface NotificationSource {
  /** Delivers, through any number of reconnects, until closed. At most `prefetch` are unacked at a time. */
  consume(kind: TaskKind, prefetch: number, onDelivery: (delivery: Delivery) => void): Subscription;
}

/** What a dispatcher needs of the tasks table. */
export interface DispatchStore {
  /** The kinds of which there is a waiting task whose `run_at` has come. */
  dueKinds(): Promise<readonly TaskKind[]>;
  publishDue(
    kind: TaskKind,
    depth: number,
    limit: number,
    publish: (tasks: readonly { id: number; attempt: number; traceparent: string | null }[]) => Promise<readonly number[]>,
  ): Promise<number>;
  /** The kinds of which something is queued or running: of the others there is nothing to put right. */
  activeKinds(): Promise<readonly TaskKind[]>;
  reconcile(
    kind: TaskKind,
    notificationTimeoutSeconds: number,
  ): Promise<{ readonly leasesExpired: number; readonly exhausted: number; readonly notificationsLost: number }>;
}

/** What brings tasks in line with what was asked of their runs: cancelled, paused, resumed, retried, another priority. */
export interface RunReconciler {
  /** Changes some `limit` tasks; answers how many, 0 when none is left. */
  reconcile(limit: number): Promise<number>;
}

/**
 * What keeps leases. Connections of its own: when those of the work are all busy or stuck, leases must be renewed all the same.
 */
export interface LeaseStore {
  /** Extends the leases of these tasks; answers the ids that are still held. */
  renew(tasks: readonly ClaimedTask[]): Promise<readonly number[]>;
  /** The ids that are still held: neither cancelled nor given to another. */
  stillHeld(tasks: readonly ClaimedTask[]): Promise<readonly number[]>;
}

/** What a worker needs of the tasks table. `Tx` is the store's transaction, which only the handler's `write` looks into. */
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
  /** Is the error the data's own fault (a constraint, a value out of range), so that trying again is useless? */
  isDataError(error: unknown): boolean;
}

export interface TaskContext {
  /** Aborted when this attempt no longer counts: its task was cancelled, or its lease was lost. */
  signalOf(task: ClaimedTask): AbortSignal;
  /** Aborted when the service drains. A long task then ends soon with the outcome `retry`; a short one just ends. */
  readonly draining: AbortSignal;
  /** Says that a long task moves; a worker that holds work and does not move fails its liveness check. */
  progress(): void;
}

export interface TaskHandler<Tx, Result, Kind extends TaskKind = TaskKind> {
  readonly kind: Kind;
  /**
   * Does the work of a batch and answers for each of its tasks. What it throws counts for the whole batch: PermanentError →
   * failed, FatalError → the service ends, anything else → retry.
   */
  handle(tasks: readonly ClaimedTask[], context: TaskContext): Promise<readonly TaskOutcome<Result>[]>;
  /** Writes the results that count, in the transaction that ends their tasks. */
  write(tx: Tx, done: readonly { task: ClaimedTask; result: Result }[]): Promise<void>;
}
