import { sql, type Selectable } from 'kysely';
import type { DatabaseTransaction, Executor } from '../connection/database';
import { imageConditions, type ImageFilter } from '../images/image-filter';
import type { RunsTable } from './runs.tables';
import type { ClassifySettings } from '../models/model.repository';

export type RunRow = Selectable<RunsTable>;

const MAX_TASKS_PER_STATEMENT = 100_000;

export class RunRepository {
  async create(
    db: Executor,
    run: { projectId: number; modelId: number; classify: ClassifySettings | null; priority: number },
  ): Promise<number> {
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

  /**
   * Creates a detect task for each image of the project that passes the filter, in steps that each end within the
   * statement timeout. Returns how many.
   */
  async createTasksForImages(
    tx: DatabaseTransaction,
    run: { id: number; projectId: number; priority: number; traceparent: string | null },
    filter: Omit<ImageFilter, 'projectId'> = {},
    step = MAX_TASKS_PER_STATEMENT,
  ): Promise<number> {
    for (let [total, after] = [0, 0]; ;) {
      const { rows } = await sql<{ count: number; last: number | null }>`
        with chosen as (
          select s.image_id from image_summaries s
          where ${imageConditions({ ...filter, projectId: run.projectId })} and s.image_id > ${after}
            order by s.image_id limit ${step}
        ), added as (
          insert into tasks (kind, subject_id, run_id, priority, traceparent)
          select 'detect', image_id, ${run.id}::bigint, ${run.priority}::smallint, ${run.traceparent}::text from chosen
            order by image_id
        )
        select count(*)::int as count, max(image_id) as last from chosen`.execute(tx);
      const { count, last } = rows[0]!;
      total += count;
      if (count < step || last === null) return total;
      after = last;
    }
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
   * Locks the run until the transaction ends, and waits for transactions that are adding tasks to it: each holds a key
   * share lock by its foreign key. Returns false if the run does not exist.
   */
  async lock(tx: DatabaseTransaction, id: number): Promise<boolean> {
    return (await tx.selectFrom('runs').select('id').where('id', '=', id).forUpdate().executeTakeFirst()) !== undefined;
  }
}
