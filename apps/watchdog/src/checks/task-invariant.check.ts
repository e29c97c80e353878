import { TASK_KINDS } from '@pugmark/contracts';
import type { TaskRepository } from '@pugmark/db';
import { Gauge, type Logger, type Registry } from '@pugmark/platform';
import { RING_SECONDS } from '@pugmark/tasks';

const STATES = ['waiting', 'queued', 'running'] as const;

/**
 * The invariant of the system: every task that has not ended has a live lease, a young ring, a `run_at` to come, or a paused
 * run. Publishes how many tasks break it and since when, and logs an error when they still do at the next look. A query that failed leaves
 * `pugmark_invariant_checked_at` behind: unknown is not zero.
 */
export class TaskInvariantCheck {
  readonly #tasks: TaskRepository;
  readonly #graceSeconds: number;
  readonly #logger: Logger;
  readonly #violations: Gauge<'kind' | 'state'>;
  readonly #oldest: Gauge<'kind' | 'state'>;
  readonly #checkedAt: Gauge;
  #broken = false;

  constructor(tasks: TaskRepository, graceSeconds: number, logger: Logger, metrics: Registry) {
    this.#tasks = tasks;
    this.#graceSeconds = graceSeconds;
    this.#logger = logger;
    const labelNames = ['kind', 'state'] as const;
    const registers = [metrics];
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
    this.#checkedAt = new Gauge({ name: 'pugmark_invariant_checked_at', help: 'Unix time of the last look that succeeded', registers });
  }

  async run(): Promise<void> {
    const violations = await this.#tasks.violations(RING_SECONDS, this.#graceSeconds);
    for (const kind of TASK_KINDS) {
      for (const state of STATES) {
        const found = violations.find((violation) => violation.kind === kind && violation.state === state);
        this.#violations.set({ kind, state }, found?.count ?? 0);
        this.#oldest.set({ kind, state }, found?.oldestSeconds ?? 0);
      }
    }
    this.#checkedAt.setToCurrentTime();
    // Between two doorbells a queue may be empty for an instant; what stands at two looks in a row stands.
    if (violations.length > 0 && this.#broken) this.#logger.error({ violations }, 'tasks are stalled: nobody works on them or rings for them');
    if (violations.length === 0 && this.#broken) this.#logger.info('the task invariant holds again');
    this.#broken = violations.length > 0;
  }
}
