import type { Generated } from 'kysely';
import type { TaskKind } from '@pugmark/contracts';
import type { TaskState } from '@pugmark/domain';
import type { CreatedAt, Id } from '../connection/columns';

export interface TasksTable {
  id: Id;
  kind: TaskKind;
  subject_id: number;
  run_id: number | null;
  state: Generated<TaskState>;
  priority: Generated<number>;
  attempt: Generated<number>;
  /** Attempts of earlier series: a failed task that is started over has a fresh number of them. */
  previous_attempts: Generated<number>;
  /** Waits until its run goes on, out of the sight of those who ring. */
  paused: Generated<boolean>;
  run_at: Generated<Date>;
  queued_at: Date | null;
  started_at: Date | null;
  lease_until: Date | null;
  finished_at: Date | null;
  owner: string | null;
  error_code: string | null;
  error_message: string | null;
  traceparent: string | null;
  created_at: CreatedAt;
}

/** Written by triggers on `tasks`. */
export interface TaskCountsTable {
  id: Id;
  kind: TaskKind;
  run_id: number | null;
  state: TaskState;
  count: number;
}
