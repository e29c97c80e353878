import type { ColumnType, JSONColumnType } from 'kysely';
import type { ReviewAction, ReviewedObservation, ReviewRefusal } from '@pugmark/domain';
import type { CreatedAt, Id } from '../connection/columns';

export interface ReviewsTable {
  id: Id;
  project_id: number;
  image_id: number;
  action: ReviewAction['type'] | 'redo';
  /** Everything the image shows from then on; `[]`: blank; null: the inference is effective again. */
  observations: ColumnType<readonly ReviewedObservation[] | null, string | null, never>;
  /** Identifies the request, if it annotated many images. */
  batch_id: string | null;
  key_id: number | null;
  /** The name of the key at that time. */
  reviewer: string;
  undone_at: Date | null;
  undone_by: string | null;
  note: string | null;
  /** The undone review that this one repeats. */
  redo_of: number | null;
  created_at: CreatedAt;
}

export interface ReviewBatchesTable {
  id: Id;
  project_id: number;
  batch_id: string;
  /** Images that had the same annotation already. */
  unchanged: number[];
  refused: JSONColumnType<Readonly<Partial<Record<ReviewRefusal, readonly number[]>>>>;
  created_at: CreatedAt;
}
