import type { ExportJob } from '@pugmark/cache';
import type { ExportContent, ExportWithTask } from '@pugmark/db';
import { CATEGORIES, type Category } from '@pugmark/domain';
import {
  About,
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
  Words,
} from '../../http/dto/fields';
import { FaultResponse } from '../../http/dto/failure.dto';
import { withoutPaths } from '../../http/dto/hide-folders';

const CONTENTS = ['detections', 'observations'] as const;

export class ExportFilterBody {
  @Optional()
  @Id()
  readonly deploymentId?: number;

  @About('Of `detections` alone: what counts is of no run.')
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

  @About(
    '`detections`: what models found, each box. `observations`: what counts in each image, by a human’s word or else a machine’s.',
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

  @About('Of the file, hexadecimal.')
  @OrNull()
  @Sha256()
  readonly sha256!: string | null;

  @About('The file can be downloaded until then at least.')
  @OrNull()
  @Time()
  readonly expiresAt!: string | null;

  @OrNull()
  @Nested(FaultResponse)
  readonly error!: FaultResponse | null;

  @OrNull()
  @Words()
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

/** Whether it has ended, as one that can be downloaded or in any other way. */
export function exportHasEnded(status: ExportStatus): boolean {
  return status !== 'pending' && status !== 'processing';
}

/** `live` is fresher than the row, and only believed while the row says that the export is being made. */
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
    error: row.error_code === null ? null : { code: row.error_code, message: withoutPaths(row.error_message ?? '') },
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
