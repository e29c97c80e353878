import { ROUTES, TASK_KINDS, type TaskKind } from '@pugmark/contracts';
import { RetryableError } from '@pugmark/domain';
import { backgroundLoop, type BackgroundLoop, type Logger, type TaskMetrics } from '@pugmark/platform';
import type { NotificationPublisher, DispatchStore, PublishableTask, RunReconciler } from './ports';
import { PublishRate } from './publish-rate';

export interface DispatcherOptions {
  readonly store: DispatchStore;
  readonly runs: RunReconciler;
  readonly publisher: NotificationPublisher;
  readonly logger: Logger;
  readonly metrics: TaskMetrics;
}

/** Maximum tasks marked as queued at once: as many await a reconciliation if this process dies before it publishes. */
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
    const tasks = await store.markDue(kind, ROUTES[kind].depth, capacity);
    const published = tasks.length === 0 ? 0 : await this.#publish(kind, tasks);
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

  /**
   * Publishes the notifications of tasks that are marked as queued, and puts those back that the broker did not
   * confirm. No transaction is open meanwhile, so nothing waits for a broker that does not answer. Returns how many
   * were confirmed; throws if none was, so that the loop backs off.
   */
  async #publish(kind: TaskKind, tasks: readonly PublishableTask[]): Promise<number> {
    const { publisher, metrics, logger } = this.#options;
    let unconfirmed = tasks;
    try {
      const { confirmed, failed } = await publisher.publishNotifications(
        kind,
        tasks.map((task) => ({ taskId: task.id, attempt: task.attempt, traceparent: task.traceparent })),
      );
      const ids = new Set(confirmed);
      unconfirmed = tasks.filter(({ id }) => !ids.has(id));
      metrics.notificationsPublished.inc({ kind }, confirmed.length);
      for (const { reason } of failed) metrics.notificationsFailed.inc({ kind, reason });
      if (failed.length > 0) {
        const reasons = [...new Set(failed.map((f) => f.reason))];
        logger.error(
          { kind, count: failed.length, reasons },
          'notifications did not reach a queue; the tasks wait again and are published again',
        );
      }
      if (confirmed.length === 0) throw new RetryableError('none_confirmed', `no ${kind} notification was confirmed`);
      return confirmed.length;
    } finally {
      if (unconfirmed.length > 0) await this.#putBack(kind, unconfirmed);
    }
  }

  async #putBack(kind: TaskKind, tasks: readonly PublishableTask[]): Promise<void> {
    const { store, logger } = this.#options;
    try {
      await store.putBack(tasks);
    } catch (err) {
      // Not thrown: the error of the publisher is the one to report.
      logger.warn(
        { err, kind, count: tasks.length },
        'tasks without a notification stay queued until the reconciliation finds them',
      );
    }
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
