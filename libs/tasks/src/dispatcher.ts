import { ROUTES, TASK_KINDS, type TaskKind } from '@pugmark/contracts';
import { backgroundLoop, type BackgroundLoop, type Logger, type TaskMetrics } from '@pugmark/platform';
import type { DoorbellPublisher, RingingStore } from './ports';

export interface DispatcherOptions {
  readonly store: RingingStore;
  readonly publisher: DoorbellPublisher;
  readonly logger: Logger;
  readonly metrics: TaskMetrics;
}

/** Most doorbells in one transaction: bounds how long its rows stay locked. */
const RING_BATCH = 256;
const IDLE_MS = 200;
/** A queue that is full, or a broker that confirms nothing, is looked at again this soon. */
const FULL_MS = 50;
const RECONCILE_MS = 2_000;
/** The queue is empty and yet the ring is unanswered for this long: it was lost. Longer than a worker holds a batch back. */
const RING_SECONDS_EMPTY_QUEUE = 15;
/** However full the queue, a ring this old is rung again; the duplicate is harmless. */
export const RING_SECONDS = 300;

/**
 * Rings the bell of every due task, and puts right what broke: leases that ran out, rings that were lost. Any number of
 * dispatchers may run; they skip each other's rows.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  #loops: readonly BackgroundLoop[] = [];

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  start(): void {
    const { logger } = this.#options;
    this.#loops = [
      backgroundLoop('ring', logger, () => this.#ring()),
      backgroundLoop('reconcile', logger, () => this.#reconcile()),
    ];
  }

  async stop(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.stop()));
  }

  async #ring(): Promise<number> {
    const due = await this.#options.store.dueKinds();
    if (due.length === 0) return IDLE_MS;
    const rung = await Promise.all(due.map((kind) => this.#ringKind(kind)));
    return rung.some((count) => count === RING_BATCH) ? 0 : FULL_MS;
  }

  async #ringKind(kind: TaskKind): Promise<number> {
    const { store, publisher, metrics, logger } = this.#options;
    return store.ringDue(kind, ROUTES[kind].depth, RING_BATCH, async (tasks) => {
      const { confirmed, failed } = await publisher.ring(
        kind,
        tasks.map((task) => ({ taskId: task.id, attempt: task.attempt, traceparent: task.traceparent })),
      );
      metrics.rung.inc({ kind }, confirmed.length);
      for (const { reason } of failed) metrics.ringsFailed.inc({ kind, reason });
      if (failed.length > 0) {
        const reasons = [...new Set(failed.map((f) => f.reason))];
        logger.error({ kind, count: failed.length, reasons }, 'doorbells did not reach a queue; the tasks keep waiting and are rung again');
      }
      return confirmed;
    });
  }

  async #reconcile(): Promise<number> {
    await Promise.all(TASK_KINDS.map((kind) => this.#reconcileKind(kind)));
    return RECONCILE_MS;
  }

  async #reconcileKind(kind: TaskKind): Promise<void> {
    const { store, metrics, logger } = this.#options;
    const result = await store.reconcile(kind, (await this.#queueIsEmpty(kind)) ? RING_SECONDS_EMPTY_QUEUE : RING_SECONDS);
    if (result.leasesExpired > 0) {
      metrics.reclaimed.inc({ kind, reason: 'lease_expired' }, result.leasesExpired);
      logger.warn({ kind, ...result }, 'workers stopped renewing their leases; their tasks go to others');
    }
    if (result.ringsLost > 0) {
      metrics.reclaimed.inc({ kind, reason: 'ring_lost' }, result.ringsLost);
      logger.warn({ kind, count: result.ringsLost }, 'rings went unanswered; ringing again');
    }
  }

  async #queueIsEmpty(kind: TaskKind): Promise<boolean> {
    try {
      return (await this.#options.publisher.readyCount(kind)) === 0;
    } catch {
      // No broker, no count: the publisher's own state reports that; leases must be reconciled all the same.
      return false;
    }
  }
}
