import type { Generated, GeneratedAlways } from 'kysely';
import type { TaskKind } from '@pugmark/contracts';
import type { Category, TaskState } from '@pugmark/domain';
import type { ReviewBatchesTable, ReviewsTable } from './review-tables';
import type { Id, WallClock } from './schema';
import type { TimeDoubt } from './sql/local-time';
import type { StaleStaticBoxesTable, StaticBoxesTable } from './static-boxes-tables';

/** What people said, what follows from it and from the models' results, and how many there are of each sort. */
export interface WhatCountsSchema {
  reviews: ReviewsTable;
  review_batches: ReviewBatchesTable;
  static_boxes: StaticBoxesTable;
  stale_static_boxes: StaleStaticBoxesTable;
  observations: ObservationsTable;
  image_summaries: ImageSummariesTable;
  events: EventsTable;
  stale_events: StaleEventsTable;
  task_counts: TaskCountsTable;
  run_tallies: RunTalliesTable;
  image_counts: ImageCountsTable;
  image_days: ImageDaysTable;
  project_changes: ProjectChangesTable;
}

export interface ObservationsTable {
  image_id: number;
  project_id: number;
  category: Category;
  label: string;
  individuals: number;
  confidence: number;
  captured_at: Date | null;
}

export interface ImageSummariesTable {
  image_id: number;
  project_id: number;
  deployment_id: number | null;
  ingest_id: number;
  captured_at: Date | null;
  local_hour: number | null;
  out_of_dates: boolean;
  time_doubt: TimeDoubt | null;
  answered: boolean;
  inference_id: number | null;
  review_id: number | null;
  has_animal: boolean;
  has_person: boolean;
  has_vehicle: boolean;
  blank: boolean;
  animal: number | null;
  person: number | null;
  vehicle: number | null;
  surest: GeneratedAlways<number | null>;
  confidence: number | null;
  /** Of the model that looked last, from its threshold on, without static ones. */
  detections: Generated<number>;
}

export interface EventsTable {
  id: Id;
  project_id: number;
  deployment_id: number | null;
  category: Category;
  /** Null: an event of the category, whatever it is called. */
  label: string | null;
  first_image_id: number;
  /** The one with the surest detection. */
  best_image_id: number;
  /** Null, as `ends_at`: of one image without a known time or deployment. */
  starts_at: Date | null;
  ends_at: Date | null;
  local_start: WallClock | null;
  /** Hour of the apparent solar day; null where the location has no coordinates. */
  solar_hour: number | null;
  images: number;
  individuals: number;
  confidence: number;
  reviewed: boolean;
}

export interface StaleEventsTable {
  id: Id;
  project_id: number;
  deployment_id: number;
  from_at: Date;
  to_at: Date;
}

/** Written by triggers on `tasks`. */
export interface TaskCountsTable {
  id: Id;
  kind: TaskKind;
  run_id: number | null;
  state: TaskState;
  count: number;
}

export interface RunTalliesTable {
  id: Id;
  run_id: number;
  engine: string;
  images: number;
  blanks: number;
  animals: number;
  people: number;
  vehicles: number;
  marked: number;
}

/** Written by triggers on `image_summaries`. */
export interface ImageCountsTable {
  id: Id;
  project_id: number;
  deployment_id: number | null;
  local_hour: number | null;
  timed: boolean;
  answered: boolean;
  reviewed: boolean;
  has_animal: boolean;
  has_person: boolean;
  has_vehicle: boolean;
  blank: boolean;
  count: number;
  detections: Generated<number>;
}

/** The same by day instead of by hour. */
export interface ImageDaysTable extends Omit<ImageCountsTable, 'local_hour' | 'timed'> {
  /** In UTC; null: the time is not known. */
  day: string | null;
  /** Stands for all rows of its deployment and day that were there when it was written. */
  folded: Generated<boolean>;
}

/** The sum of a project's rows grows with each commit that changes what statistics count. */
export interface ProjectChangesTable {
  id: Generated<number>;
  project_id: number;
  count: number;
}
