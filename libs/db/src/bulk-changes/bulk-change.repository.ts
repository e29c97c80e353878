import { sql, type Selectable } from 'kysely';
import type { TaskState } from '@pugmark/domain';
import type { DatabaseTransaction, Executor } from '../connection/database';
import type { BulkChangeKind, BulkChangeParameters, BulkChangesTable } from './bulk-changes.tables';

export interface BulkChangeRow extends Selectable<BulkChangesTable> {
  readonly task_state: TaskState;
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
}

export interface NewBulkChange {
  readonly kind: BulkChangeKind;
  readonly projectId: number;
  readonly subjectId: number | null;
  readonly parameters: BulkChangeParameters;
  /** Images to change. */
  readonly total: number;
  /** Name of the key of the request. */
  readonly requestedBy: string;
}

/** Bulk changes: corrections and deletions of more images than a request may change, each the subject of a task. */
export class BulkChangeRepository {
  /** The caller creates the task in the same transaction. */
  async create(tx: DatabaseTransaction, change: NewBulkChange): Promise<number> {
    const { id } = await tx
      .insertInto('bulk_changes')
      .values({
        kind: change.kind,
        project_id: change.projectId,
        subject_id: change.subjectId,
        parameters: JSON.stringify(change.parameters),
        total: change.total,
        requested_by: change.requestedBy,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    return id;
  }

  async find(db: Executor, id: number): Promise<BulkChangeRow | null> {
    return (await this.#withTask(db).where('bulk_changes.id', '=', id).executeTakeFirst()) ?? null;
  }

  async page(db: Executor, projectId: number, afterId: number, limit: number): Promise<BulkChangeRow[]> {
    return this.#withTask(db)
      .where('bulk_changes.project_id', '=', projectId)
      .where('bulk_changes.id', '>', afterId)
      .orderBy('bulk_changes.id')
      .limit(limit)
      .execute();
  }

  /** Lists changes whose end is not in the feed yet. */
  async listFeedPending(tx: DatabaseTransaction): Promise<BulkChangeRow[]> {
    return this.#withTask(tx).where('bulk_changes.feed_pending', '=', true).orderBy('bulk_changes.id').execute();
  }

  /**
   * Id of the latest change of this kind that has not reached all images of the subject: it waits, is under way, failed
   * or was cancelled. Null if there is none.
   */
  async findUnfinished(db: Executor, kind: BulkChangeKind, subjectId: number): Promise<number | null> {
    const row = await this.#withTask(db)
      .where('bulk_changes.kind', '=', kind)
      .where('bulk_changes.subject_id', '=', subjectId)
      .where('bulk_changes.superseded', '=', false)
      .where('tasks.state', '<>', 'done')
      .orderBy('bulk_changes.id', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row?.id ?? null;
  }

  /** Whether the project, or the deployment, is being deleted. The rows must be locked, or referred to by a new row. */
  async isBeingDeleted(tx: DatabaseTransaction, projectId: number, deploymentId: number | null): Promise<boolean> {
    const { rows } = await sql`
      select 1 from bulk_changes c join tasks t on t.kind = 'derive' and t.subject_id = c.id
      where t.state in ('waiting', 'queued', 'running') and (
        c.kind = 'delete_project' and c.subject_id = ${projectId}
        or c.kind = 'delete_deployment' and c.subject_id = ${deploymentId})`.execute(tx);
    return rows.length > 0;
  }

  /**
   * Marks the earlier changes of this subject as replaced, and returns those that were not yet. The subject must be
   * locked; the caller cancels their tasks.
   */
  async supersede(tx: DatabaseTransaction, kind: BulkChangeKind, subjectId: number): Promise<number[]> {
    const rows = await tx
      .updateTable('bulk_changes')
      .set({ superseded: true, feed_pending: true })
      .where('kind', '=', kind)
      .where('subject_id', '=', subjectId)
      .where('superseded', '=', false)
      .returning('id')
      .execute();
    return rows.map(({ id }) => id);
  }

  /** Reads how far a change has come, and locks the row until the transaction ends. */
  async lockPosition(tx: DatabaseTransaction, id: number): Promise<number> {
    const { position } = await tx
      .selectFrom('bulk_changes')
      .select('position')
      .where('id', '=', id)
      .forNoKeyUpdate()
      .executeTakeFirstOrThrow();
    return position;
  }

  /** Records, in the transaction that changes these images, that they are done; in order of id. */
  async advance(tx: DatabaseTransaction, id: number, imageIds: readonly number[]): Promise<void> {
    await tx
      .updateTable('bulk_changes')
      .set((eb) => ({ position: Math.max(...imageIds), done: eb('done', '+', imageIds.length) }))
      .where('id', '=', id)
      .execute();
  }

  /** The feed reads the change again, after it was restarted. */
  async setFeedPending(tx: DatabaseTransaction, id: number): Promise<void> {
    await tx.updateTable('bulk_changes').set({ feed_pending: true }).where('id', '=', id).execute();
  }

  #withTask(db: Executor) {
    return db
      .selectFrom('bulk_changes')
      .innerJoin('tasks', (join) =>
        join.onRef('tasks.subject_id', '=', 'bulk_changes.id').on('tasks.kind', '=', sql.lit('derive')),
      )
      .selectAll('bulk_changes')
      .select(['tasks.state as task_state', 'tasks.error_code', 'tasks.error_message'])
      .select(['tasks.started_at', 'tasks.finished_at']);
  }
}
