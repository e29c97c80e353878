import type { Generated } from 'kysely';
import type { Id } from '../connection/columns';

/** Written by triggers on `image_summaries`. */
export interface ImageCountsByHourTable {
  id: Id;
  project_id: number;
  deployment_id: number | null;
  local_hour: number | null;
  has_time: boolean;
  processed: boolean;
  reviewed: boolean;
  has_animal: boolean;
  has_person: boolean;
  has_vehicle: boolean;
  blank: boolean;
  count: number;
  detections: Generated<number>;
}

/** The same by day instead of by hour. */
export interface ImageCountsByDayTable extends Omit<ImageCountsByHourTable, 'local_hour' | 'has_time'> {
  /** In UTC; null: the time is unknown. */
  day: string | null;
  /** Replaces all rows of its deployment and day that existed when it was written. */
  compacted: Generated<boolean>;
}

/** The sum of a project's rows grows with each commit that changes its statistics. */
export interface ProjectChangesTable {
  id: Generated<number>;
  project_id: number;
  count: number;
}
