import { IsIn } from 'class-validator';
import type { ExportJob } from '@pugmark/cache';
import type { ExportWithTask } from '@pugmark/db';
import { CATEGORIES, type Category } from '@pugmark/domain';
import { Fraction, Id, Nested, Optional } from './decorators';
import { withoutPaths } from './without-paths';

export class ExportFilterBody {
  @Optional()
  @Id()
  readonly deploymentId?: number;

  @Optional()
  @Id()
  readonly runId?: number;

  @Optional()
  @IsIn(CATEGORIES)
  readonly category?: Category;

  @Optional()
  @Fraction()
  readonly minConfidence?: number;
}

export class CreateExportBody {
  @Id()
  readonly projectId!: number;

  @IsIn(['csv'])
  readonly format!: 'csv';

  @IsIn(['detections'])
  readonly content!: 'detections';

  @Nested(ExportFilterBody)
  readonly filter: ExportFilterBody = new ExportFilterBody();
}

export type ExportStatus = 'pending' | 'processing' | 'completed' | 'failed' | 'expired' | 'cancelled';

export interface ExportResponse {
  readonly id: number;
  readonly projectId: number;
  readonly format: 'csv';
  readonly content: 'detections';
  readonly filter: object;
  readonly status: ExportStatus;
  /** 0 to 100. */
  readonly percent: number;
  readonly rows: number | null;
  readonly bytes: number | null;
  /** Of the file, hexadecimal. */
  readonly sha256: string | null;
  /** The file can be downloaded until then at least. */
  readonly expiresAt: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly downloadUrl: string | null;
  readonly createdAt: string;
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
  const percent = status === 'processing' && live?.status === 'processing' ? Math.max(row.percent, live.percent) : row.percent;
  return Math.min(99, Math.max(0, Math.floor(percent)));
}
