import type { Generated } from 'kysely';
import type { CreatedAt, Id } from '../connection/columns';

export const SEVERITIES = ['warning', 'critical'] as const;

export type Severity = (typeof SEVERITIES)[number];

export interface IncidentsTable {
  id: Id;
  check_name: string;
  /** Subject of the problem, by the check. */
  subject: string;
  severity: Severity;
  message: string;
  opened_at: CreatedAt;
  /** Time at which a check last found it. */
  last_seen_at: Generated<Date>;
  resolved_at: Date | null;
  /** The last feed row of the incident is still to be written. */
  feed_pending: Generated<boolean>;
}
