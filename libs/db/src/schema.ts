import type { ColumnType, Generated, GeneratedAlways, JSONColumnType } from 'kysely';
import type { TaskKind } from '@pugmark/contracts';
import type { Category, ModelManifest, Stage, TaskState } from '@pugmark/domain';
import type { FeedStateTable, FeedTable, IncidentsTable } from './feed-schema';
import type { TimeDoubt } from './sql/local-time';
import type { WhatCountsSchema } from './what-counts-schema';

export type Id = GeneratedAlways<number>;
export type CreatedAt = ColumnType<Date, never, never>;
/** A reading of a clock without zone, `YYYY-MM-DDTHH:mm:ss`. */
export type WallClock = string;

export interface Schema extends WhatCountsSchema {
  projects: ProjectsTable;
  locations: LocationsTable;
  taxa: TaxaTable;
  deployments: DeploymentsTable;
  models: ModelsTable;
  runs: RunsTable;
  ingests: IngestsTable;
  ingest_files: IngestFilesTable;
  images: ImagesTable;
  tasks: TasksTable;
  inferences: InferencesTable;
  detections: DetectionsTable;
  classifications: ClassificationsTable;
  engine_reports: EngineReportsTable;
  exports: ExportsTable;
  idempotency_keys: IdempotencyKeysTable;
  api_keys: ApiKeysTable;
  sessions: SessionsTable;
  audit_log: AuditLogTable;
  incidents: IncidentsTable;
  feed: FeedTable;
  feed_state: FeedStateTable;
}

export interface ApiKeysTable {
  id: Id;
  name: string;
  /** The part of the key that is shown, by which it is looked up. */
  prefix: string;
  /** SHA-256 of the whole key. */
  secret_hash: Buffer;
  scopes: string[];
  /** Null: all projects. */
  project_ids: number[] | null;
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
  created_by: number | null;
  created_at: CreatedAt;
}

export interface SessionsTable {
  id: Id;
  token_hash: Buffer;
  key_id: number;
  expires_at: Date;
  created_at: CreatedAt;
}

export interface AuditLogTable {
  id: Id;
  at: CreatedAt;
  key_id: number | null;
  operation: string;
  path: string;
  remote_address: string | null;
  request_id: string;
  /** Null: nothing was answered yet, or the process ended before it could. */
  status: number | null;
  answered_at: Date | null;
}

export interface IdempotencyKeysTable {
  key: string;
  request_hash: Buffer;
  resource_id: number | null;
  created_at: CreatedAt;
}

export interface ProjectsTable extends ClassifyColumns {
  id: Id;
  name: string;
  model_id: number | null;
  sequence_gap_seconds: Generated<number>;
  event_gap_seconds: Generated<number>;
  created_at: CreatedAt;
}

/** Which classifier looks at which detections; all three or none. */
export interface ClassifyColumns {
  classifier_id: number | null;
  classify_category: Category | null;
  classify_threshold: number | null;
}

export interface LocationsTable {
  id: Id;
  project_id: number;
  name: string;
  latitude: number | null;
  longitude: number | null;
  created_at: CreatedAt;
}

export interface TaxaTable {
  id: Id;
  project_id: number;
  scientific_name: string;
  common_name: string | null;
  category: Generated<Category>;
  rank: string | null;
  /** For searching; only ever written. */
  words: string;
  archived_at: Date | null;
  created_at: CreatedAt;
}

export interface DeploymentsTable {
  id: Id;
  project_id: number;
  location_id: number | null;
  name: string;
  camera: string | null;
  timezone: string;
  clock_offset_seconds: Generated<number>;
  starts_at: Date | null;
  ends_at: Date | null;
  created_at: CreatedAt;
}

export interface ModelsTable {
  id: Id;
  name: string;
  version: string;
  licence: string;
  threshold: number;
  manifest: JSONColumnType<ModelManifest>;
  stage: Generated<Stage>;
  is_default: Generated<boolean>;
  created_at: CreatedAt;
}

export interface RunsTable extends ClassifyColumns {
  id: Id;
  project_id: number;
  model_id: number;
  priority: Generated<number>;
  cancelled_at: Date | null;
  /** When the last task of a cancelled run had ended; null before. */
  cancel_swept_at: Date | null;
  /** Since when nothing of it is rung or claimed; null: it is not paused. */
  paused_at: Date | null;
  /** What failed up to then is to be started over; null: nothing is left of that. */
  retry_at: Date | null;
  /** Its tasks may still have the priority of before; null: they have its own. */
  reprioritised_at: Date | null;
  /** When tasks of it were last brought in line with these marks. */
  swept_at: Date | null;
  /** Its last row of the feed is still to be written. */
  feed_open: Generated<boolean>;
  created_at: CreatedAt;
}

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

export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'tiff';

export interface ImagesTable {
  id: Id;
  project_id: number;
  deployment_id: number | null;
  ingest_id: number;
  sha256: Buffer;
  mode: StorageMode;
  location: string;
  file_path: string;
  format: ImageFormat;
  bytes: number;
  width: number;
  height: number;
  captured_local: WallClock | null;
  captured_at: Date | null;
  /** The local time as a person gave it; it wins over `captured_local`. */
  manual_local: WallClock | null;
  time_doubt: TimeDoubt | null;
  camera_make: string | null;
  camera_model: string | null;
  camera_serial: string | null;
  latitude: number | null;
  longitude: number | null;
  created_at: CreatedAt;
}

export interface TasksTable {
  id: Id;
  kind: TaskKind;
  subject_id: number;
  run_id: number | null;
  state: Generated<TaskState>;
  priority: Generated<number>;
  attempt: Generated<number>;
  /** Attempts of earlier series: a failed task that is started over has a fresh number of them. */
  attempts_before: Generated<number>;
  /** Waits until its run goes on, out of the sight of those who ring. */
  held: Generated<boolean>;
  run_at: Generated<Date>;
  queued_at: Date | null;
  started_at: Date | null;
  lease_until: Date | null;
  finished_at: Date | null;
  owner: string | null;
  error_code: string | null;
  error_message: string | null;
  traceparent: string | null;
  created_at: CreatedAt;
}

export interface InferencesTable {
  id: Id;
  image_id: number;
  model_id: number;
  stage: 'detect';
  engine: string;
  warning: 'truncated' | null;
  decode_ms: number;
  infer_ms: number;
  /** Confidence of the surest one of each category, whether it reaches the threshold or not. */
  animal: number | null;
  person: number | null;
  vehicle: number | null;
  created_at: CreatedAt;
}

export interface DetectionsTable {
  id: Id;
  inference_id: number;
  image_id: number;
  category: Category;
  label: string;
  confidence: number;
  x: number;
  y: number;
  width: number;
  height: number;
  static_box_id: number | null;
}

export interface ClassificationsTable {
  detection_id: number;
  model_id: number;
  rank: number;
  label: string;
  score: number;
  engine: string;
  created_at: CreatedAt;
}

export interface EngineReportsTable {
  /** Host, service and process. */
  worker: string;
  engine: JSONColumnType<EngineReport>;
  reported_at: Generated<Date>;
}

/** What one ml-worker computes with, and why. */
export interface EngineReport {
  readonly name: string;
  readonly device: string;
  readonly reason: string;
  readonly version: string;
  readonly processes: number;
  /** Ready to take work. */
  readonly processesUp: number;
}

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
  /** The row of the feed that says how it ended is still to be written. */
  feed_open: Generated<boolean>;
  created_at: CreatedAt;
}

/** What an export holds; an absent property does not filter. */
export interface ExportFilter {
  readonly deploymentId?: number;
  readonly runId?: number;
  readonly category?: Category;
  readonly minConfidence?: number;
}
