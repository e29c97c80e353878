import type { Generated, JSONColumnType } from 'kysely';
import type { Category } from '@pugmark/domain';
import type { CreatedAt, Id } from '../connection/columns';

export type ExportContent = 'detections' | 'observations';

export interface ExportsTable {
  id: Id;
  project_id: number;
  format: 'csv';
  content: ExportContent;
  filter: JSONColumnType<ExportFilter>;
  percent: Generated<number>;
  row_count: number | null;
  bytes: number | null;
  sha256: Buffer | null;
  file_key: string | null;
  expires_at: Date | null;
  /** The last feed row of the export is still to be written. */
  feed_pending: Generated<boolean>;
  created_at: CreatedAt;
}

/** Selects the content of an export; an absent property does not filter. */
export interface ExportFilter {
  readonly deploymentId?: number;
  readonly runId?: number;
  readonly category?: Category;
  readonly minConfidence?: number;
}
