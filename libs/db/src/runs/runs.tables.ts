import type { Generated } from 'kysely';
import type { Category } from '@pugmark/domain';
import type { CreatedAt, Id } from '../connection/columns';

/** Which classifier looks at which detections; all three or none. */
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
  /** When the last task of a cancelled run had ended; null before. */
  cancel_completed_at: Date | null;
  /** Since when nothing of it is rung or claimed; null: it is not paused. */
  paused_at: Date | null;
  /** What failed up to then is to be started over; null: nothing is left of that. */
  retry_requested_at: Date | null;
  /** Its tasks may still have the priority of before; null: they have its own. */
  priority_changed_at: Date | null;
  /** When tasks of it were last brought in line with these marks. */
  reconciled_at: Date | null;
  /** Its last row of the feed is still to be written. */
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
