import { BULK_CHANGE_KINDS, type BulkChangeKind, type BulkChangeRow } from '@pugmark/db';
import { AnyText, Count, Description, Id, Integer, Nested, OneOf, OrNull, Time } from '../../http/dto/fields';
import { FailureResponse } from '../../http/dto/failure.dto';
import { hideFolders } from '../../http/dto/hide-folders';

const STATUSES = ['pending', 'processing', 'completed', 'failed', 'cancelled', 'superseded'] as const;

export type BulkChangeStatus = (typeof STATUSES)[number];

export class BulkChangeResponse {
  @Id()
  readonly id!: number;

  @Description('Null: the project was deleted.')
  @OrNull()
  @Id()
  readonly projectId!: number | null;

  @OneOf(BULK_CHANGE_KINDS)
  readonly kind!: BulkChangeKind;

  @Description('The deployment or taxon that was corrected or is deleted.')
  @OrNull()
  @Id()
  readonly subjectId!: number | null;

  @Description('`superseded`: a later change of the same subject replaces this one.')
  @OneOf(STATUSES)
  readonly status!: BulkChangeStatus;

  @Integer(0, 100)
  readonly percent!: number;

  @Description('Images that were to be changed when the change was requested.')
  @Count()
  readonly total!: number;

  @Description('Images that were changed so far; the others have their old values.')
  @Count()
  readonly done!: number;

  @Description('The name of the key of the request.')
  @AnyText()
  readonly requestedBy!: string;

  @OrNull()
  @Nested(FailureResponse)
  readonly error!: FailureResponse | null;

  @Time()
  readonly createdAt!: string;

  @OrNull()
  @Time()
  readonly startedAt!: string | null;

  @OrNull()
  @Time()
  readonly finishedAt!: string | null;
}

/** True when the change has ended, successfully or not. */
export function bulkChangeHasEnded(status: BulkChangeStatus): boolean {
  return status !== 'pending' && status !== 'processing';
}

export function bulkChangeResponse(row: BulkChangeRow): BulkChangeResponse {
  const status = statusOf(row);
  return {
    id: row.id,
    projectId: row.project_id,
    kind: row.kind,
    subjectId: row.subject_id,
    status,
    percent: percentOf(row, status),
    total: row.total,
    done: row.done,
    requestedBy: row.requested_by,
    error: row.error_code === null ? null : { code: row.error_code, message: hideFolders(row.error_message ?? '') },
    createdAt: row.created_at.toISOString(),
    startedAt: row.started_at?.toISOString() ?? null,
    finishedAt: row.finished_at?.toISOString() ?? null,
  };
}

function statusOf(row: BulkChangeRow): BulkChangeStatus {
  if (row.task_state === 'done') return 'completed';
  if (row.superseded) return 'superseded';
  if (row.task_state === 'running') return 'processing';
  return row.task_state === 'waiting' || row.task_state === 'queued' ? 'pending' : row.task_state;
}

/** 99 at most until the change is completed: more images may have come than were counted. */
function percentOf({ done, total }: BulkChangeRow, status: BulkChangeStatus): number {
  if (status === 'completed') return 100;
  return total === 0 ? 0 : Math.min(99, Math.floor((100 * done) / total));
}
