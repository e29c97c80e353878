import type { ExportJob } from '@pugmark/cache';
import type { ExportContent, ExportWithTask } from '@pugmark/db';
import { CATEGORIES, type Category } from '@pugmark/domain';
import {
  Description,
  Count,
  Fraction,
  Id,
  Integer,
  Nested,
  OneOf,
  Optional,
  OrNull,
  Sha256,
  Time,
  AnyText,
} from '../../http/dto/fields';
import { FailureResponse } from '../../http/dto/failure.dto';
import { hideFolders } from '../../http/dto/hide-folders';

const CONTENTS = ['detections', 'observations'] as const;

export class ExportFilterBody {
  @Optional()
  @Id()
  readonly deploymentId?: number;

  @Description('For `detections` only: effective observations belong to no run.')
  @Optional()
  @Id()
  readonly runId?: number;

  @Optional()
  @OneOf(CATEGORIES)
  readonly category?: Category;

  @Optional()
  @Fraction()
  readonly minConfidence?: number;
}

export class CreateExportBody {
  @Id()
  readonly projectId!: number;

  @OneOf(['csv'])
  readonly format!: 'csv';

  @Description(
    '`detections`: every box that a model found. `observations`: the effective observations of each image, from a person’s annotation or else a model.',
  )
  @OneOf(CONTENTS)
  readonly content!: ExportContent;

  @Nested(ExportFilterBody)
  readonly filter: ExportFilterBody = new ExportFilterBody();
}

const STATUSES = ['pending', 'processing', 'completed', 'failed', 'expired', 'cancelled'] as const;

export type ExportStatus = (typeof STATUSES)[number];

export class ExportResponse {
  @Id()
  readonly id!: number;

  @Id()
  readonly projectId!: number;

  @OneOf(['csv'])
  readonly format!: 'csv';

  @OneOf(CONTENTS)
  readonly content!: ExportContent;

  @Nested(ExportFilterBody)
  readonly filter!: ExportFilterBody;

  @OneOf(STATUSES)
  readonly status!: ExportStatus;

  @Integer(0, 100)
  readonly percent!: number;

  @OrNull()
  @Count()
  readonly rows!: number | null;

  @OrNull()
  @Count()
  readonly bytes!: number | null;

  @Description('SHA-256 of the file, hexadecimal.')
  @OrNull()
  @Sha256()
  readonly sha256!: string | null;

  @Description('The file can be downloaded at least until then.')
  @OrNull()
  @Time()
  readonly expiresAt!: string | null;

  @OrNull()
  @Nested(FailureResponse)
  readonly error!: FailureResponse | null;

  @OrNull()
  @AnyText()
  readonly downloadUrl!: string | null;

  @Time()
  readonly createdAt!: string;
}

export function exportStatus(row: ExportWithTask): ExportStatus {
  switch (row.task_state) {
    case 'waiting':
    case 'queued':
      return 'pending';
    case 'running':
      return 'processing';
    case 'done':
      return row.expired || row.file_key === null ? 'expired' : 'completed';
    case 'failed':
    case 'cancelled':
      return row.task_state;
  }
}

/** True when the export has ended, successfully or not. */
export function exportHasEnded(status: ExportStatus): boolean {
  return status !== 'pending' && status !== 'processing';
}

/** `live` is more recent than the row and is used only while the row says that the export is running. */
export function exportResponse(row: ExportWithTask, live?: ExportJob): ExportResponse {
  const status = exportStatus(row);
  return {
    id: row.id,
    projectId: row.project_id,
    format: row.format,
    content: row.content,
    filter: row.filter,
    status,
    percent: percentOf(row, status, live),
    rows: row.row_count,
    bytes: row.bytes,
    sha256: row.sha256?.toString('hex') ?? null,
    expiresAt: row.expires_at?.toISOString() ?? null,
    error: row.error_code === null ? null : { code: row.error_code, message: hideFolders(row.error_message ?? '') },
    downloadUrl: status === 'completed' ? `/api/v1/exports/${row.id}/download` : null,
    createdAt: row.created_at.toISOString(),
  };
}

function percentOf(row: ExportWithTask, status: ExportStatus, live: ExportJob | undefined): number {
  if (status === 'completed' || status === 'expired') return 100;
  const percent =
    status === 'processing' && live?.status === 'processing' ? Math.max(row.percent, live.percent) : row.percent;
  return Math.min(99, Math.max(0, Math.floor(percent)));
}
