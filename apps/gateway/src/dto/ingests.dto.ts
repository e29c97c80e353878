import { IsBoolean, IsIn, IsString, Length, Matches } from 'class-validator';
import type { IngestFileOutcome, IngestFileRow, IngestRow, StorageMode } from '@pugmark/db';
import type { TaskState } from '@pugmark/domain';
import { Id, Optional, QueryBoolean, QueryId } from './decorators';
import { PageQuery } from './paging';
import { withoutPaths } from './without-paths';

export class CreateIngestBody {
  @Id()
  readonly projectId!: number;

  @Optional()
  @Id()
  readonly deploymentId?: number | null;

  /** Absolute path on the server, inside an allowed root. */
  @IsString()
  @Length(1, 4_096)
  @Matches(/^[^\0]*$/, { message: 'must not contain NUL' })
  readonly folder!: string;

  /** `reference`: the pictures stay where they are; `copy`: they are copied into the storage. */
  @IsIn(['reference', 'copy'])
  readonly mode: StorageMode = 'reference';

  /** Start a run over what is added. */
  @IsBoolean()
  readonly detect: boolean = true;
}

export class UploadQuery {
  @QueryId()
  readonly projectId!: number;

  @Optional()
  @QueryId()
  readonly deploymentId?: number;

  @QueryBoolean()
  readonly detect: boolean = true;
}

export class IngestFilesQuery extends PageQuery {
  @Optional()
  @IsIn(['added', 'duplicate', 'skipped'])
  readonly outcome?: IngestFileOutcome;
}

/** How far the scan of an ingest is. */
export type IngestState = 'pending' | 'running' | 'done' | 'failed' | 'cancelled';

export interface IngestAccepted {
  readonly id: number;
  readonly runId: number | null;
  readonly state: IngestState;
}

export interface IngestResponse extends IngestAccepted {
  readonly projectId: number;
  readonly deploymentId: number | null;
  readonly source: 'folder' | 'upload';
  readonly mode: StorageMode;
  /** As it was asked for; null for an upload. */
  readonly folder: string | null;
  readonly filesSeen: number;
  readonly imagesAdded: number;
  readonly duplicates: number;
  readonly skipped: number;
  readonly bytesAdded: number;
  /** Why the scan failed, or why its last attempt did. */
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly createdAt: string;
}

export interface TaskStateAndError {
  readonly state: TaskState;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
}

export function ingestState(task: TaskState): IngestState {
  return task === 'waiting' || task === 'queued' ? 'pending' : task;
}

export function ingestResponse(row: IngestRow, task: TaskStateAndError): IngestResponse {
  return {
    id: row.id,
    projectId: row.project_id,
    deploymentId: row.deployment_id,
    runId: row.run_id,
    source: row.source,
    mode: row.mode,
    folder: row.source === 'upload' ? null : row.folder,
    state: ingestState(task.state),
    filesSeen: row.files_seen,
    imagesAdded: row.images_added,
    duplicates: row.duplicates,
    skipped: row.skipped,
    bytesAdded: row.bytes_added,
    error: task.errorCode === null ? null : { code: task.errorCode, message: withoutPaths(task.errorMessage ?? '') },
    createdAt: row.created_at.toISOString(),
  };
}

export interface IngestFileResponse {
  /** Relative to the ingested folder. */
  readonly path: string;
  readonly outcome: IngestFileOutcome;
  readonly reasonCode: string | null;
  readonly reason: string | null;
  readonly imageId: number | null;
}

export function ingestFileResponse(row: IngestFileRow): IngestFileResponse {
  return {
    path: row.path,
    outcome: row.outcome,
    reasonCode: row.reason_code,
    reason: row.reason === null ? null : withoutPaths(row.reason),
    imageId: row.image_id,
  };
}
