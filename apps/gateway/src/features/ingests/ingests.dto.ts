import type { IngestFileOutcome, IngestFileRow, IngestRow, StorageMode } from '@pugmark/db';
import type { TaskState } from '@pugmark/domain';
import { FaultResponse } from '../../http/dto/failure.dto';
import {
  About,
  Count,
  Flag,
  Id,
  MayBeAbsent,
  Nested,
  OneOf,
  Optional,
  OrNull,
  QueryBoolean,
  QueryId,
  TextLike,
  Time,
  Words,
} from '../../http/dto/fields';
import { PageQuery } from '../../http/dto/paging';
import { withoutPaths } from '../../http/dto/hide-folders';

export class CreateIngestBody {
  @Id()
  readonly projectId!: number;

  @Optional()
  @Id()
  readonly deploymentId?: number | null;

  @About('Absolute path on the server, inside an allowed root.')
  // eslint-disable-next-line no-control-regex -- Postgres takes no NUL, nor does a path
  @TextLike(/^[^\u0000]+$/u, 4_096, 'an absolute path of a folder on the server')
  readonly folder!: string;

  @About('`reference`: the pictures stay where they are; `copy`: they are copied into the storage.')
  @OneOf(['reference', 'copy'])
  readonly mode: StorageMode = 'reference';

  @About('Start a run over what is added.')
  @Flag()
  readonly detect: boolean = true;
}

export class UploadQuery {
  @QueryId()
  readonly projectId!: number;

  @MayBeAbsent()
  @QueryId()
  readonly deploymentId?: number;

  @QueryBoolean()
  readonly detect: boolean = true;
}

const OUTCOMES = ['added', 'duplicate', 'skipped'] as const;

export class IngestFilesQuery extends PageQuery {
  @MayBeAbsent()
  @OneOf(OUTCOMES)
  readonly outcome?: IngestFileOutcome;
}

const STATES = ['pending', 'running', 'done', 'failed', 'cancelled'] as const;

/** How far the scan of an ingest is. */
export type IngestState = (typeof STATES)[number];

export class IngestAccepted {
  @Id()
  readonly id!: number;

  @About('The run over what is added; null: none was asked for.')
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

  @About('As it was asked for; null for an upload.')
  @OrNull()
  @Words()
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

  @About('Why the scan failed, or why its last attempt did.')
  @OrNull()
  @Nested(FaultResponse)
  readonly error!: FaultResponse | null;

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
    error: task.errorCode === null ? null : { code: task.errorCode, message: withoutPaths(task.errorMessage ?? '') },
    createdAt: row.created_at.toISOString(),
  };
}

export class IngestFileResponse {
  @About('Relative to the ingested folder.')
  @Words()
  readonly path!: string;

  @OneOf(OUTCOMES)
  readonly outcome!: IngestFileOutcome;

  @OrNull()
  @Words()
  readonly reasonCode!: string | null;

  @OrNull()
  @Words()
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
    reason: row.reason === null ? null : withoutPaths(row.reason),
    imageId: row.image_id,
  };
}
