import { sql } from 'kysely';
import type { Selectable } from 'kysely';
import type { DatabaseTransaction, Executor } from '../database';
import type { ProjectsTable } from '../schema';
import type { ClassifySettings } from './model.repository';

export type ProjectRow = Selectable<ProjectsTable>;

export class ProjectRepository {
  /** Null when a project of this name exists already. */
  async create(db: Executor, name: string): Promise<ProjectRow | null> {
    const row = await db
      .insertInto('projects')
      .values({ name })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .returningAll()
      .executeTakeFirst();
    return row ?? null;
  }

  async find(db: Executor, id: number): Promise<ProjectRow | null> {
    return (await db.selectFrom('projects').selectAll().where('id', '=', id).executeTakeFirst()) ?? null;
  }

  /** The row, locked until the transaction ends. Null when there is none. */
  async lock(tx: DatabaseTransaction, id: number): Promise<ProjectRow | null> {
    return (await tx.selectFrom('projects').selectAll().where('id', '=', id).forNoKeyUpdate().executeTakeFirst()) ?? null;
  }

  /** Which models its new runs are for; what is not given stays. False when there is no such project. */
  async setModels(db: Executor, id: number, models: { readonly modelId?: number | null; readonly classify?: ClassifySettings | null }): Promise<boolean> {
    const { modelId, classify } = models;
    const result = await db
      .updateTable('projects')
      .set((eb) => ({
        model_id: modelId === undefined ? eb.ref('model_id') : eb.val(modelId),
        classifier_id: classify === undefined ? eb.ref('classifier_id') : eb.val(classify?.classifierId ?? null),
        classify_category: classify === undefined ? eb.ref('classify_category') : eb.val(classify?.category ?? null),
        classify_threshold: classify === undefined ? eb.ref('classify_threshold') : eb.val(classify?.threshold ?? null),
      }))
      .where('id', '=', id)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  /** In order of id, those after `afterId`. */
  /** `only` null: all of them. */
  async page(db: Executor, only: readonly number[] | null, afterId: number, limit: number): Promise<ProjectRow[]> {
    let query = db.selectFrom('projects').selectAll().where('id', '>', afterId);
    if (only !== null) query = query.where('id', '=', sql<number>`any(${[...only]}::bigint[])`);
    return query.orderBy('id').limit(limit).execute();
  }
}
