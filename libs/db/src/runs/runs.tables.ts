import type { Generated } from 'kysely';
import type { Category } from '@pugmark/domain';
import type { CreatedAt, Id } from '../connection/columns';

/** Classifier and the detections that it is applied to: all three are set, or none. */
export interface ClassifierColumns {
  classifier_id: number | null;
  classify_category: Category | null;
  classify_threshold: number | null;
}

export interface RunsTable extends ClassifierColumns {
  id: Id;
  project_id: number;
  model_id: number;
  priority: Generated<number>;
  cancelled_at: Date | null;
  /** Time at which the last task of a cancelled run ended; null before. */
  cancel_completed_at: Date | null;
  /** Since when its tasks are not published or claimed; null: the run is not paused. */
  paused_at: Date | null;
  /** Tasks that failed before this instant are to be retried; null: none are left. */
  retry_requested_at: Date | null;
  /** Tasks may still have the previous priority; null: all have the one of the run. */
  priority_changed_at: Date | null;
  /** Time of the last reconciliation of tasks with the columns above. */
  reconciled_at: Date | null;
  /** The last feed row of the run is still to be written. */
  feed_pending: Generated<boolean>;
  created_at: CreatedAt;
}

export interface RunCountsTable {
  id: Id;
  run_id: number;
  engine: string;
  images: number;
  blanks: number;
  animals: number;
  people: number;
  vehicles: number;
  truncated: number;
}
