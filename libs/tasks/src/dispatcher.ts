import { ROUTES, TASK_KINDS, type TaskKind } from '@pugmark/contracts';
import { backgroundLoop, type BackgroundLoop, type Logger, type TaskMetrics } from '@pugmark/platform';
import type { NotificationPublisher, DispatchStore, RunReconciler } from './ports';
import { PublishRate } from './publish-rate';

export interface DispatcherOptions {
  readonly store: DispatchStore;
  readonly runs: RunReconciler;
  readonly publisher: NotificationPublisher;
  readonly logger: Logger;
  readonly metrics: TaskMetrics;
}

/** Maximum notifications in one transaction; bounds how long its rows stay locked. */
const PUBLISH_BATCH = 512;
const IDLE_MS = 200;
const RECONCILE_TASKS_MS = 2_000;
/** Tasks reconciled with their runs in one statement. */
const RECONCILE_RUNS_BATCH = 10_000;
const RECONCILE_RUNS_MS = 1_000;
/**
 * Age after which an unclaimed notification counts as lost when the queue is empty. Longer than a worker delays a
 * batch.
 */
const EMPTY_QUEUE_TIMEOUT_SECONDS = 15;
/** Age after which a notification is published again even when the queue is not empty. A duplicate is harmless. */
export const NOTIFICATION_TIMEOUT_SECONDS = 300;

/**
 * Publishes notifications for due tasks and reconciles inconsistent ones: expired leases, lost notifications, tasks
 * that differ from the requested state of their run. Any number of dispatchers may run; they skip each other's locked
 * rows.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  #loops: readonly BackgroundLoop[] = [];
  /** Latest query for due kinds, shared by all loops. */
  #due: { readonly kinds: Promise<readonly TaskKind[]>; readonly at: number } | null = null;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  start(): void {
    const { logger } = this.#options;
    this.#loops = [
      // One loop per kind: a kind whose notifications cannot be published does not delay the others.
      ...TASK_KINDS.map((kind) => {
        const rate = new PublishRate(ROUTES[kind].depth);
        return backgroundLoop(`publish ${kind} notifications`, logger, () => this.#publishDue(kind, rate));
      }),
      backgroundLoop('reconcile', logger, () => this.#reconcileTasks()),
      backgroundLoop('reconcile runs', logger, () => this.#reconcileRuns()),
    ];
  }

  async stop(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.stop()));
  }

  async #publishDue(kind: TaskKind, rate: PublishRate): Promise<number> {
    const { store, publisher } = this.#options;
    if (!rate.busy && !(await this.#isDue(kind))) return IDLE_MS;
    const ready = await publisher.readyCount(kind);
    const capacity = Math.min(PUBLISH_BATCH, rate.freeCapacity(ready));
    if (capacity === 0) return rate.nextCheckMs();
    const published = await store.publishDue(kind, ROUTES[kind].depth, capacity, (tasks) => this.#publish(kind, tasks));
    rate.recordPublished(published, capacity);
    // The queue was empty and more tasks are due: publish again at once.
    return published === capacity && ready === 0 ? 0 : rate.nextCheckMs();
  }

  async #isDue(kind: TaskKind): Promise<boolean> {
    const now = performance.now();
    // Slightly less than the loop interval, so that each loop's next check reads fresh data.
    if (this.#due === null || now - this.#due.at > IDLE_MS * 0.9)
      this.#due = { kinds: this.#options.store.dueKinds(), at: now };
    return (await this.#due.kinds).includes(kind);
  }

  async #publish(
    kind: TaskKind,
    tasks: readonly { id: number; attempt: number; traceparent: string | null }[],
  ): Promise<readonly number[]> {
    const { publisher, metrics, logger } = this.#options;
    const { confirmed, failed } = await publisher.publishNotifications(
      kind,
      tasks.map((task) => ({ taskId: task.id, attempt: task.attempt, traceparent: task.traceparent })),
    );
    metrics.notificationsPublished.inc({ kind }, confirmed.length);
    for (const { reason } of failed) metrics.notificationsFailed.inc({ kind, reason });
    if (failed.length > 0) {
      const reasons = [...new Set(failed.map((f) => f.reason))];
      logger.error(
        { kind, count: failed.length, reasons },
        'notifications did not reach a queue; the tasks stay waiting and are published again',
      );
    }
    return confirmed;
  }

  async #reconcileTasks(): Promise<number> {
    const kinds = await this.#options.store.activeKinds();
    await Promise.all(kinds.map((kind) => this.#reconcileTasksOfKind(kind)));
    return RECONCILE_TASKS_MS;
  }

  async #reconcileTasksOfKind(kind: TaskKind): Promise<void> {
    const { store, metrics, logger } = this.#options;
    const result = await store.reconcile(
      kind,
      (await this.#queueIsEmpty(kind)) ? EMPTY_QUEUE_TIMEOUT_SECONDS : NOTIFICATION_TIMEOUT_SECONDS,
    );
    if (result.leasesExpired > 0) {
      metrics.reclaimed.inc({ kind, reason: 'lease_expired' }, result.leasesExpired);
      logger.warn({ kind, ...result }, 'leases expired; their tasks are assigned to other workers');
    }
    if (result.notificationsLost > 0) {
      metrics.reclaimed.inc({ kind, reason: 'notification_lost' }, result.notificationsLost);
      logger.warn(
        { kind, count: result.notificationsLost },
        'notifications were not claimed in time; publishing again',
      );
    }
  }

  async #queueIsEmpty(kind: TaskKind): Promise<boolean> {
    try {
      return (await this.#options.publisher.readyCount(kind)) === 0;
    } catch {
      // The count is unknown while the broker is down, which the publisher reports. Leases must still be reconciled.
      return false;
    }
  }

  async #reconcileRuns(): Promise<number> {
    const changed = await this.#options.runs.reconcile(RECONCILE_RUNS_BATCH);
    return changed > 0 ? 0 : RECONCILE_RUNS_MS;
  }
}
