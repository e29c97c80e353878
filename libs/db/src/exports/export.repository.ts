import { sql, type Selectable } from 'kysely';
import type { TaskState } from '@pugmark/domain';
import type { DatabaseTransaction, Executor } from '../connection/database';
import { LAST_SCAN } from '../feed/changed-runs';
import type { ExportContent, ExportFilter, ExportsTable } from './exports.tables';

export interface ExportWithTask extends Selectable<ExportsTable> {
  readonly task_state: TaskState;
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly expired: boolean;
}

/** The result of an export. */
export interface ExportArtifact {
  readonly fileKey: string;
  readonly rowCount: number;
  readonly bytes: number;
  readonly sha256: Buffer;
}

export class ExportRepository {
  async create(
    db: Executor,
    entry: { projectId: number; content: ExportContent; filter: ExportFilter },
  ): Promise<number> {
    const { id } = await db
      .insertInto('exports')
      .values({
        project_id: entry.projectId,
        format: 'csv',
        content: entry.content,
        filter: JSON.stringify(entry.filter),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    return id;
  }

  async find(db: Executor, id: number): Promise<ExportWithTask | null> {
    return (await this.#withTask(db).where('exports.id', '=', id).executeTakeFirst()) ?? null;
  }

  async page(db: Executor, projectId: number, afterId: number, limit: number): Promise<ExportWithTask[]> {
    return this.#withTask(db)
      .where('exports.project_id', '=', projectId)
      .where('exports.id', '>', afterId)
      .orderBy('exports.id')
      .limit(limit)
      .execute();
  }

  /** Lists exports whose end is not in the feed yet, and those that expired since the feed's last scan. */
  async listFeedPending(tx: DatabaseTransaction): Promise<ExportWithTask[]> {
    return this.#withTask(tx)
      .where(sql<boolean>`(exports.feed_pending or (exports.expires_at > ${LAST_SCAN} and exports.expires_at < now()))`)
      .orderBy('exports.id')
      .execute();
  }

  /**
   * Sets the file, in the transaction that ends the task: it can be downloaded from then on, for at least
   * `keepSeconds`.
   */
  async complete(tx: DatabaseTransaction, id: number, artifact: ExportArtifact, keepSeconds: number): Promise<void> {
    await tx
      .updateTable('exports')
      .set({
        percent: 100,
        file_key: artifact.fileKey,
        row_count: artifact.rowCount,
        bytes: artifact.bytes,
        sha256: artifact.sha256,
        expires_at: sql<Date>`now() + ${keepSeconds} * interval '1 second'`,
      })
      .where('id', '=', id)
      .execute();
  }

  async setPercent(db: Executor, id: number, percent: number): Promise<void> {
    await db.updateTable('exports').set({ percent }).where('id', '=', id).execute();
  }

  /** Lists expired exports whose file still exists. */
  async listExpired(db: Executor, limit: number): Promise<{ id: number; fileKey: string }[]> {
    const rows = await db
      .selectFrom('exports')
      .select(['id', 'file_key'])
      .where('expires_at', '<', sql<Date>`now()`)
      .where('file_key', 'is not', null)
      .limit(limit)
      .execute();
    return rows.map((row) => ({ id: row.id, fileKey: row.file_key ?? '' }));
  }

  async clearFile(db: Executor, id: number): Promise<void> {
    await db.updateTable('exports').set({ file_key: null }).where('id', '=', id).execute();
  }

  /** Returns those of these file keys that an export refers to. */
  async filterKnownFileKeys(db: Executor, keys: readonly string[]): Promise<Set<string>> {
    if (keys.length === 0) return new Set();
    const rows = await db
      .selectFrom('exports')
      .select('file_key')
      .where('file_key', 'in', [...keys])
      .execute();
    return new Set(rows.flatMap((row) => (row.file_key === null ? [] : [row.file_key])));
  }

  #withTask(db: Executor) {
    return db
      .selectFrom('exports')
      .innerJoin('tasks', (join) => join.onRef('tasks.subject_id', '=', 'exports.id').on('tasks.kind', '=', 'export'))
      .selectAll('exports')
      .select(['tasks.state as task_state', 'tasks.error_code', 'tasks.error_message'])
      .select(sql<boolean>`coalesce(exports.expires_at < now(), false)`.as('expired'));
  }
}
