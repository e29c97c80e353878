import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Creates a registry for one service (or test), with Node's default metrics. */
export function createMetrics(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  // Ten samples of the event loop a second are enough; a hundred would keep an idle service busy.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  return registry;
}

/** Registers a gauge whose value is read at each scrape. */
export function registerGauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

/** Metrics of task processing, the same in every service. */
export interface TaskMetrics {
  readonly notificationsPublished: Counter<'kind'>;
  readonly notificationsFailed: Counter<'kind' | 'reason'>;
  readonly reclaimed: Counter<'kind' | 'reason'>;
  readonly claimed: Counter<'kind'>;
  readonly notificationsStale: Counter<'kind'>;
  readonly finished: Counter<'kind' | 'outcome'>;
  readonly fenced: Counter<'kind'>;
  readonly leasesLost: Counter<'kind' | 'reason'>;
  readonly stalled: Counter<'kind'>;
  readonly commitSeconds: Histogram<'kind'>;
}

export function createTaskMetrics(registry: Registry): TaskMetrics {
  const registers = [registry];
  return {
    notificationsPublished: new Counter({
      name: 'pugmark_task_notifications_published_total',
      help: 'Task notifications confirmed by the broker',
      labelNames: ['kind'],
      registers,
    }),
    notificationsFailed: new Counter({
      name: 'pugmark_task_notifications_failed_total',
      help: 'Task notifications that were returned, refused or not confirmed in time',
      labelNames: ['kind', 'reason'],
      registers,
    }),
    reclaimed: new Counter({
      name: 'pugmark_tasks_reclaimed_total',
      help: 'Tasks put back because a lease expired or a notification was lost',
      labelNames: ['kind', 'reason'],
      registers,
    }),
    claimed: new Counter({
      name: 'pugmark_tasks_claimed_total',
      help: 'Tasks claimed',
      labelNames: ['kind'],
      registers,
    }),
    notificationsStale: new Counter({
      name: 'pugmark_task_notifications_stale_total',
      help: 'Task notifications that found nothing to claim: duplicate, late or of cancelled tasks',
      labelNames: ['kind'],
      registers,
    }),
    finished: new Counter({
      name: 'pugmark_tasks_finished_total',
      help: 'Attempts committed, by outcome',
      labelNames: ['kind', 'outcome'],
      registers,
    }),
    fenced: new Counter({
      name: 'pugmark_tasks_fenced_total',
      help: 'Results discarded because the attempt was no longer the current one',
      labelNames: ['kind'],
      registers,
    }),
    leasesLost: new Counter({
      name: 'pugmark_task_leases_lost_total',
      help: 'Leases that this process lost while working: taken (cancelled or reassigned) or overdue',
      labelNames: ['kind', 'reason'],
      registers,
    }),
    stalled: new Counter({
      name: 'pugmark_tasks_stalled_total',
      help: 'Tasks given up because their handler made no progress within its limit',
      labelNames: ['kind'],
      registers,
    }),
    commitSeconds: new Histogram({
      name: 'pugmark_task_commit_seconds',
      help: 'Duration of the transaction that commits a batch',
      labelNames: ['kind'],
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
      registers,
    }),
  };
}
