import type { Generated } from 'kysely';
import type { CreatedAt, Id } from '../connection/columns';

export type StorageMode = 'reference' | 'copy';

export interface IngestsTable {
  id: Id;
  project_id: number;
  deployment_id: number | null;
  run_id: number | null;
  source: 'folder' | 'upload';
  mode: StorageMode;
  folder: string;
  files_seen: Generated<number>;
  images_added: Generated<number>;
  duplicates: Generated<number>;
  skipped: Generated<number>;
  bytes_added: Generated<number>;
  created_at: CreatedAt;
}

export type IngestFileOutcome = 'added' | 'duplicate' | 'skipped';

export interface IngestFilesTable {
  ingest_id: number;
  path: string;
  outcome: IngestFileOutcome;
  reason_code: string | null;
  reason: string | null;
  image_id: number | null;
}
