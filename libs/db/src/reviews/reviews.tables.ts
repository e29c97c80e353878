import type { ColumnType, JSONColumnType } from 'kysely';
import type { ReviewAction, ReviewedObservation, ReviewRefusal } from '@pugmark/domain';
import type { CreatedAt, Id } from '../connection/columns';

export interface ReviewsTable {
  id: Id;
  project_id: number;
  image_id: number;
  action: ReviewAction['type'] | 'redo';
  /** All that is on the image from then on; `[]` a blank; null: the machine counts again. */
  observations: ColumnType<readonly ReviewedObservation[] | null, string | null, never>;
  /** Of the request that said the same of many images. */
  batch_id: string | null;
  key_id: number | null;
  /** The name of the key at that time. */
  reviewer: string;
  undone_at: Date | null;
  undone_by: string | null;
  note: string | null;
  /** The review that was undone and is said again by this one. */
  redo_of: number | null;
  created_at: CreatedAt;
}

export interface ReviewBatchesTable {
  id: Id;
  project_id: number;
  batch_id: string;
  /** Images whose word was so already. */
  unchanged: number[];
  refused: JSONColumnType<Readonly<Partial<Record<ReviewRefusal, readonly number[]>>>>;
  created_at: CreatedAt;
}
