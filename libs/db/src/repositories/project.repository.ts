import type { Selectable } from 'kysely';
import type { Executor } from '../database';
import type { ProjectsTable } from '../schema';

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

  /** In order of id, those after `afterId`. */
  async page(db: Executor, afterId: number, limit: number): Promise<ProjectRow[]> {
    return db.selectFrom('projects').selectAll().where('id', '>', afterId).orderBy('id').limit(limit).execute();
  }
}
