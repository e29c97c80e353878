import { sql } from 'kysely';
import type { Selectable } from 'kysely';
import type { DatabaseTransaction, Executor } from '../connection/database';
import { markEventsStale } from '../events/mark-events-stale';
import type { ProjectsTable } from './projects.tables';
import type { ClassifySettings } from '../models/model.repository';

export type ProjectRow = Selectable<ProjectsTable>;

/** Settings of a project; an absent one is unchanged. */
export interface ProjectSettings {
  readonly modelId?: number | null;
  readonly classify?: ClassifySettings | null;
  readonly sequenceGapSeconds?: number;
  readonly eventGapSeconds?: number;
}

export class ProjectRepository {
  /** Returns null if a project of this name exists. */
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

  /** Finds the row and locks it until the transaction ends; null if it does not exist. */
  async lock(tx: DatabaseTransaction, id: number): Promise<ProjectRow | null> {
    return (
      (await tx.selectFrom('projects').selectAll().where('id', '=', id).forNoKeyUpdate().executeTakeFirst()) ?? null
    );
  }

  /** Locks the row against new rows that refer to it, too, until the transaction ends. */
  async lockForDeletion(tx: DatabaseTransaction, id: number): Promise<void> {
    await tx.selectFrom('projects').select('id').where('id', '=', id).forUpdate().execute();
  }

  /** Changes the given settings of a locked project. */
  async update(
    tx: DatabaseTransaction,
    project: ProjectRow,
    { modelId, classify, sequenceGapSeconds, eventGapSeconds }: ProjectSettings,
  ): Promise<void> {
    const change = {
      ...(modelId === undefined ? {} : { model_id: modelId }),
      ...(classify === undefined
        ? {}
        : {
            classifier_id: classify?.classifierId ?? null,
            classify_category: classify?.category ?? null,
            classify_threshold: classify?.threshold ?? null,
          }),
      ...(sequenceGapSeconds === undefined ? {} : { sequence_gap_seconds: sequenceGapSeconds }),
      ...(eventGapSeconds === undefined ? {} : { event_gap_seconds: eventGapSeconds }),
    };
    if (Object.keys(change).length > 0)
      await tx.updateTable('projects').set(change).where('id', '=', project.id).execute();
    // Sequences are formed when they are read; events are stored.
    if (eventGapSeconds !== undefined && eventGapSeconds !== project.event_gap_seconds)
      await markEventsStale(tx, sql`project_id = ${project.id}`);
  }

  /** Lists projects after `afterId` in order of id; `projectIds` null: all projects. */
  async page(
    db: Executor,
    projectIds: readonly number[] | null,
    afterId: number,
    limit: number,
  ): Promise<ProjectRow[]> {
    let query = db.selectFrom('projects').selectAll().where('id', '>', afterId);
    if (projectIds !== null) query = query.where('id', '=', sql<number>`any(${[...projectIds]}::bigint[])`);
    return query.orderBy('id').limit(limit).execute();
  }
}
