import { TASK_KINDS, type TaskKind } from '@pugmark/contracts';
import type { Database, IncidentRepository, InvariantViolation, TaskRepository } from '@pugmark/db';
import { Gauge, type Logger, type Registry } from '@pugmark/platform';
import { NOTIFICATION_TIMEOUT_SECONDS } from '@pugmark/tasks';

const STATES = ['waiting', 'queued', 'running'] as const;
/** Check name of its incidents; their subjects are kinds of tasks. */
const CHECK = 'task-invariant';

export interface TaskInvariantParts {
  readonly db: Database;
  readonly tasks: TaskRepository;
  readonly incidents: IncidentRepository;
  readonly logger: Logger;
  readonly metrics: Registry;
}

/**
 * Checks the task invariant: every task that has not ended has a live lease, a recent notification, a future `run_at`,
 * or a paused run. Exports the number and age of violations. When a kind violates it at two consecutive checks, logs an
 * error and opens an incident, which any process resolves at its first check without violations. A failed query leaves
 * `pugmark_invariant_checked_at` unchanged and opens and resolves nothing: unknown is not zero.
 */
export class TaskInvariantCheck {
  readonly #parts: TaskInvariantParts;
  readonly #graceSeconds: number;
  readonly #violations: Gauge<'kind' | 'state'>;
  readonly #oldest: Gauge<'kind' | 'state'>;
  readonly #checkedAt: Gauge;
  /** Kinds with violations at the last check. */
  #broken = new Set<TaskKind>();

  constructor(parts: TaskInvariantParts, graceSeconds: number) {
    this.#parts = parts;
    this.#graceSeconds = graceSeconds;
    const labelNames = ['kind', 'state'] as const;
    const registers = [parts.metrics];
    this.#violations = new Gauge({
      name: 'pugmark_invariant_violations',
      help: 'Tasks without a worker, a notification or a later start: should be 0',
      labelNames,
      registers,
    });
    this.#oldest = new Gauge({
      name: 'pugmark_invariant_oldest_seconds',
      help: 'Age of the oldest violation',
      labelNames,
      registers,
    });
    this.#checkedAt = new Gauge({
      name: 'pugmark_invariant_checked_at',
      help: 'Unix time of the last successful check',
      registers,
    });
  }

  async run(): Promise<void> {
    const { tasks, logger } = this.#parts;
    const violations = await tasks.findInvariantViolations(NOTIFICATION_TIMEOUT_SECONDS, this.#graceSeconds);
    this.#setGauges(violations);
    // A queue may be empty for a moment between two notifications, so only violations at two consecutive checks count.
    const broken = new Set(violations.map(({ kind }) => kind));
    const stalled = [...broken].filter((kind) => this.#broken.has(kind));
    if (stalled.length > 0)
      logger.error({ violations }, 'tasks are stalled: no worker processes them and no notification is published');
    if (broken.size === 0 && this.#broken.size > 0) logger.info('the task invariant holds again');
    this.#broken = broken;
    await this.#updateIncidents(stalled, violations);
  }

  #setGauges(violations: readonly InvariantViolation[]): void {
    for (const kind of TASK_KINDS) {
      for (const state of STATES) {
        const found = violations.find((violation) => violation.kind === kind && violation.state === state);
        this.#violations.set({ kind, state }, found?.count ?? 0);
        this.#oldest.set({ kind, state }, found?.oldestSeconds ?? 0);
      }
    }
    this.#checkedAt.setToCurrentTime();
  }

  /** A kind that is violated for the first time keeps its open incident, and opens none yet. */
  async #updateIncidents(stalled: readonly TaskKind[], violations: readonly InvariantViolation[]): Promise<void> {
    const { db, incidents } = this.#parts;
    for (const kind of stalled) {
      await incidents.open(db, {
        check: CHECK,
        subject: kind,
        severity: 'critical',
        message: incidentMessage(
          kind,
          violations.filter((violation) => violation.kind === kind),
        ),
      });
    }
    await incidents.resolveOthers(db, CHECK, [...this.#broken]);
  }
}

function incidentMessage(kind: TaskKind, violations: readonly InvariantViolation[]): string {
  const states = violations.map(({ state, count }) => `${count} ${state}`).join(', ');
  const minutes = Math.max(1, Math.round(Math.max(...violations.map(({ oldestSeconds }) => oldestSeconds)) / 60));
  return `${kind} tasks are stalled, the oldest for ${minutes} min (${states}): no worker processes them and no notification is published. Check that the gateway, RabbitMQ and the worker of this kind are up and ready.`;
}
