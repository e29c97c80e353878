import { TASK_KINDS } from '@pugmark/contracts';
import type { Database, IncidentRepository, Standstill, TaskRepository } from '@pugmark/db';
import { Gauge, type Logger, type Registry } from '@pugmark/platform';

/** Check name of its incidents; their subjects are kinds of tasks. */
const CHECK = 'task-progress';

export interface TaskProgressParts {
  readonly db: Database;
  readonly tasks: TaskRepository;
  readonly incidents: IncidentRepository;
  readonly logger: Logger;
  readonly metrics: Registry;
}

/**
 * Checks that the work of each kind moves: leases show only that a worker lives. Workers give up work without progress,
 * and it is retried; when that repeats and nothing of the kind moves, an incident is open until something does.
 */
export class TaskProgressCheck {
  readonly #parts: TaskProgressParts;
  readonly #standing: Gauge<'kind'>;

  constructor(parts: TaskProgressParts) {
    this.#parts = parts;
    this.#standing = new Gauge({
      name: 'pugmark_task_standstill_seconds',
      help: 'Time since the work of a kind last moved, while attempts are given up for it; otherwise 0',
      labelNames: ['kind'],
      registers: [parts.metrics],
    });
  }

  async run(): Promise<void> {
    const { db, tasks, incidents, logger } = this.#parts;
    const standstills = await tasks.findStandstills();
    for (const kind of TASK_KINDS)
      this.#standing.set({ kind }, standstills.find((one) => one.kind === kind)?.seconds ?? 0);
    for (const standstill of standstills) {
      const message = incidentMessage(standstill);
      logger.error({ standstill }, message);
      await incidents.open(db, { check: CHECK, subject: standstill.kind, severity: 'critical', message });
    }
    await incidents.resolveOthers(
      db,
      CHECK,
      standstills.map(({ kind }) => kind),
    );
  }
}

function incidentMessage({ kind, count, seconds, limitSeconds }: Standstill): string {
  const minutes = Math.max(1, Math.round(seconds / 60));
  return `${kind} tasks make no progress: for ${minutes} min none has moved, and ${count} were given up after ${limitSeconds} s without progress. They are retried. Check the disks and network mounts that they read, read the log of the worker of this kind, and restart it.`;
}
