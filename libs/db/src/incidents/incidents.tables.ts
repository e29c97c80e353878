import type { Generated } from 'kysely';
import type { CreatedAt, Id } from '../connection/columns';

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
  last_seen_at: Generated<Date>;
  resolved_at: Date | null;
  /** Its last row of the feed is still to be written. */
  feed_pending: Generated<boolean>;
}
