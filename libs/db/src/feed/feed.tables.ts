import type { Generated, JSONColumnType } from 'kysely';
import type { CreatedAt, Id } from '../connection/columns';

export const FEED_TOPICS = ['run', 'export', 'bulk_change', 'incident'] as const;

export type FeedTopic = (typeof FEED_TOPICS)[number];

export interface FeedTable {
  id: Id;
  at: CreatedAt;
  /** Null: the subject belongs to no project. */
  project_id: number | null;
  topic: FeedTopic;
  subject_id: number;
  /** The subject as the API returns it. */
  data: JSONColumnType<object>;
  /** No further change of the subject is expected. */
  ended: boolean;
  /** The subject may change without a change of its tasks: the next scan reads it again. */
  recheck: boolean;
  /** There is no later row of the subject. */
  latest: Generated<boolean>;
}

/** One row; the holder of its lock is the only writer of the feed. */
export interface FeedStateTable {
  singleton: Generated<boolean>;
  scanned_at: Generated<Date>;
  next_scan_at: Generated<Date>;
  /** The highest id of the feed that was deleted. */
  deleted_up_to: Generated<number>;
}
