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
  /** Failed attempts since the task was created or last retried by a person. */
  failures: Generated<number>;
  /** Interrupted attempts, counted like `failures`. */
  interruptions: Generated<number>;
  /** Waits until its run is resumed; not published. */
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

/** When the work of each kind last moved; written by its workers. */
export interface TaskProgressTable {
  kind: TaskKind;
  progressed_at: Date;
  limit_seconds: number;
}

/** Written by triggers on `tasks`. */
export interface TaskCountsTable {
  id: Id;
  kind: TaskKind;
  run_id: number | null;
  state: TaskState;
  count: number;
}
