import type { IngestFileOutcome, IngestFileRow, IngestRow, StorageMode } from '@pugmark/db';
import type { TaskState } from '@pugmark/domain';
import { FailureResponse } from '../../http/dto/failure.dto';
import {
  Description,
  Count,
  Flag,
  Id,
  OptionalNotNull,
  Nested,
  OneOf,
  Optional,
  OrNull,
  QueryBoolean,
  QueryId,
  TextLike,
  Time,
  AnyText,
} from '../../http/dto/fields';
import { PageQuery } from '../../http/dto/paging';
import { hideFolders } from '../../http/dto/hide-folders';

export class CreateIngestBody {
  @Id()
  readonly projectId!: number;

  @Optional()
  @Id()
  readonly deploymentId?: number | null;

  @Description('Absolute path on the server, inside an allowed root.')
  // eslint-disable-next-line no-control-regex -- Postgres takes no NUL, nor does a path
  @TextLike(/^[^\u0000]+$/u, 4_096, 'an absolute path of a folder on the server')
  readonly folder!: string;

  @Description('`reference`: the images stay where they are; `copy`: they are copied into the storage.')
  @OneOf(['reference', 'copy'])
  readonly mode: StorageMode = 'reference';

  @Description('Start a run over the added images.')
  @Flag()
  readonly detect: boolean = true;
}

export class UploadQuery {
  @QueryId()
  readonly projectId!: number;

  @OptionalNotNull()
  @QueryId()
  readonly deploymentId?: number;

  @QueryBoolean()
  readonly detect: boolean = true;
}

const OUTCOMES = ['added', 'duplicate', 'skipped'] as const;

export class IngestFilesQuery extends PageQuery {
  @OptionalNotNull()
  @OneOf(OUTCOMES)
  readonly outcome?: IngestFileOutcome;
}

const STATES = ['pending', 'running', 'done', 'failed', 'cancelled'] as const;

/** State of an ingest's scan. */
export type IngestState = (typeof STATES)[number];

export class IngestAccepted {
  @Id()
  readonly id!: number;

  @Description('The run over the added images; null: none was requested.')
  @OrNull()
  @Id()
  readonly runId!: number | null;

  @OneOf(STATES)
  readonly state!: IngestState;
}

export class IngestResponse extends IngestAccepted {
  @Id()
  readonly projectId!: number;

  @OrNull()
  @Id()
  readonly deploymentId!: number | null;

  @OneOf(['folder', 'upload'])
  readonly source!: 'folder' | 'upload';

  @OneOf(['reference', 'copy'])
  readonly mode!: StorageMode;

  @Description('As requested; null for an upload.')
  @OrNull()
  @AnyText()
  readonly folder!: string | null;

  @Count()
  readonly filesSeen!: number;

  @Count()
  readonly imagesAdded!: number;

  @Count()
  readonly duplicates!: number;

  @Count()
  readonly skipped!: number;

  @Count()
  readonly bytesAdded!: number;

  @Description('Why the scan, or its last attempt, failed.')
  @OrNull()
  @Nested(FailureResponse)
  readonly error!: FailureResponse | null;

  @Time()
  readonly createdAt!: string;
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
    error: task.errorCode === null ? null : { code: task.errorCode, message: hideFolders(task.errorMessage ?? '') },
    createdAt: row.created_at.toISOString(),
  };
}

export class IngestFileResponse {
  @Description('Relative to the ingested folder.')
  @AnyText()
  readonly path!: string;

  @OneOf(OUTCOMES)
  readonly outcome!: IngestFileOutcome;

  @OrNull()
  @AnyText()
  readonly reasonCode!: string | null;

  @OrNull()
  @AnyText()
  readonly reason!: string | null;

  @OrNull()
  @Id()
  readonly imageId!: number | null;
}

export function ingestFileResponse(row: IngestFileRow): IngestFileResponse {
  return {
    path: row.path,
    outcome: row.outcome,
    reasonCode: row.reason_code,
    reason: row.reason === null ? null : hideFolders(row.reason),
    imageId: row.image_id,
  };
}
