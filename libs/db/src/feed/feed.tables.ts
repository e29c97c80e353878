import type { Generated, JSONColumnType } from 'kysely';
import type { CreatedAt, Id } from '../connection/columns';

export const FEED_TOPICS = ['run', 'export', 'incident'] as const;

export type FeedTopic = (typeof FEED_TOPICS)[number];

export interface FeedTable {
  id: Id;
  at: CreatedAt;
  /** Null: it belongs to no project. */
  project_id: number | null;
  topic: FeedTopic;
  subject_id: number;
  /** What the API says of the subject. */
  data: JSONColumnType<object>;
  /** Nothing more is expected of the subject. */
  ended: boolean;
  /** The subject may change without a sign in the tasks: it is looked at again at once. */
  recheck: boolean;
  /** No later row of the subject is there. */
  latest: Generated<boolean>;
}

/** One row. Who holds its lock is the one writer of the feed. */
export interface FeedStateTable {
  singleton: Generated<boolean>;
  scanned_at: Generated<Date>;
  next_scan_at: Generated<Date>;
  /** The highest id of the feed that was removed. */
  deleted_up_to: Generated<number>;
}
