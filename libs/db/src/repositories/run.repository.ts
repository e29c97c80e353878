import { sql, type Selectable } from 'kysely';
import type { DatabaseTransaction, Executor } from '../database';
import { imageConditions, type ImageFilter } from '../read-models/image-filter';
import type { RunsTable } from '../schema';
import type { ClassifySettings } from './model.repository';

export type RunRow = Selectable<RunsTable>;

export class RunRepository {
  async create(db: Executor, run: { projectId: number; modelId: number; classify: ClassifySettings | null; priority: number }): Promise<number> {
    const { id } = await db
      .insertInto('runs')
      .values({
        project_id: run.projectId,
        model_id: run.modelId,
        classifier_id: run.classify?.classifierId ?? null,
        classify_category: run.classify?.category ?? null,
        classify_threshold: run.classify?.threshold ?? null,
        priority: run.priority,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    return id;
  }

  /** One detect task for each image of the project that passes the filter. Answers how many. */
  async createTasksForImages(
    tx: DatabaseTransaction,
    run: { id: number; projectId: number; priority: number; traceparent: string | null },
    filter: Omit<ImageFilter, 'projectId'> = {},
  ): Promise<number> {
    const result = await sql`
      insert into tasks (kind, subject_id, run_id, priority, traceparent)
      select 'detect', s.image_id, ${run.id}::bigint, ${run.priority}::smallint, ${run.traceparent}::text
      from image_summaries s where ${imageConditions({ ...filter, projectId: run.projectId })} order by s.image_id`.execute(tx);
    return Number(result.numAffectedRows ?? 0);
  }

  async find(db: Executor, id: number): Promise<RunRow | null> {
    return (await db.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirst()) ?? null;
  }

  async page(db: Executor, projectId: number, afterId: number, limit: number): Promise<RunRow[]> {
    return db
      .selectFrom('runs')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('id', '>', afterId)
      .orderBy('id')
      .limit(limit)
      .execute();
  }

  /**
   * Locks the run until the transaction ends, and waits for those that are adding tasks to it: each holds a key share lock by
   * its foreign key. False when there is no such run.
   */
  async lock(tx: DatabaseTransaction, id: number): Promise<boolean> {
    return (await tx.selectFrom('runs').select('id').where('id', '=', id).forUpdate().executeTakeFirst()) !== undefined;
  }
}
