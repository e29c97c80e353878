import { TASK_KINDS, type TaskKind } from '@pugmark/contracts';
import type { Database, IncidentRepository, InvariantViolation, TaskRepository } from '@pugmark/db';
import { Gauge, type Logger, type Registry } from '@pugmark/platform';
import { NOTIFICATION_TIMEOUT_SECONDS } from '@pugmark/tasks';

const STATES = ['waiting', 'queued', 'running'] as const;
/** Of the incidents that it opens; their subjects are the kinds of tasks. */
const CHECK = 'task-invariant';

export interface TaskInvariantParts {
  readonly db: Database;
  readonly tasks: TaskRepository;
  readonly incidents: IncidentRepository;
  readonly logger: Logger;
  readonly metrics: Registry;
}

/**
 * The invariant of the system: every task that has not ended has a live lease, a young ring, a `run_at` to come, or a paused
 * run. Publishes how many tasks break it and since when; when those of a kind still do at the next look, it logs an error and opens an
 * incident, which is resolved by the first look that finds the invariant to hold, of whichever process. A query that failed leaves
 * `pugmark_invariant_checked_at` behind and opens and resolves nothing: unknown is not zero.
 */
export class TaskInvariantCheck {
  readonly #parts: TaskInvariantParts;
  readonly #graceSeconds: number;
  readonly #violations: Gauge<'kind' | 'state'>;
  readonly #oldest: Gauge<'kind' | 'state'>;
  readonly #checkedAt: Gauge;
  /** Kinds of which tasks broke it at the last look. */
  #broken = new Set<TaskKind>();

  constructor(parts: TaskInvariantParts, graceSeconds: number) {
    this.#parts = parts;
    this.#graceSeconds = graceSeconds;
    const labelNames = ['kind', 'state'] as const;
    const registers = [parts.metrics];
    this.#violations = new Gauge({
      name: 'pugmark_invariant_violations',
      help: 'Tasks that nobody works on, rings for, or has put off: should be 0',
      labelNames,
      registers,
    });
    this.#oldest = new Gauge({
      name: 'pugmark_invariant_oldest_seconds',
      help: 'For how long the oldest violation has stood',
      labelNames,
      registers,
    });
    this.#checkedAt = new Gauge({
      name: 'pugmark_invariant_checked_at',
      help: 'Unix time of the last look that succeeded',
      registers,
    });
  }

  async run(): Promise<void> {
    const { tasks, logger } = this.#parts;
    const violations = await tasks.findInvariantViolations(NOTIFICATION_TIMEOUT_SECONDS, this.#graceSeconds);
    this.#setGauges(violations);
    // Between two doorbells a queue may be empty for an instant; what stands at two looks in a row stands.
    const broken = new Set(violations.map(({ kind }) => kind));
    const stalled = [...broken].filter((kind) => this.#broken.has(kind));
    if (stalled.length > 0) logger.error({ violations }, 'tasks are stalled: nobody works on them or rings for them');
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

  /** A kind that is broken for the first look keeps what is open of it, and opens nothing yet. */
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
  return `${kind} tasks stand still, the oldest for ${minutes} min (${states}): nobody works on them or rings for them. See that the gateway, RabbitMQ and the worker of this kind are up and ready.`;
}
