import type { Generated, JSONColumnType } from 'kysely';
import type { CreatedAt, Id } from './schema';

export const SEVERITIES = ['warning', 'critical'] as const;

export type Severity = (typeof SEVERITIES)[number];

export interface IncidentsTable {
  id: Id;
  check_name: string;
  /** What the check found it of. */
  subject: string;
  severity: Severity;
  message: string;
  opened_at: CreatedAt;
  /** When a check found it last. */
  seen_at: Generated<Date>;
  resolved_at: Date | null;
  /** Its last row of the feed is still to be written. */
  feed_open: Generated<boolean>;
}

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
  moving: boolean;
  /** No later row of the subject is there. */
  latest: Generated<boolean>;
}

/** One row. Who holds its lock is the one writer of the feed. */
export interface FeedStateTable {
  singleton: Generated<boolean>;
  looked_at: Generated<Date>;
  next_look_at: Generated<Date>;
  /** The highest id of the feed that was removed. */
  forgotten_to: Generated<number>;
}
