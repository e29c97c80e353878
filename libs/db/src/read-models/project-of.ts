import type { Executor } from '../database';

export const PROJECT_RESOURCES = ['deployments', 'locations', 'taxa', 'images', 'ingests', 'runs', 'exports', 'events', 'reviews', 'static_boxes'] as const;

/** What belongs to a project. */
export type ProjectResource = (typeof PROJECT_RESOURCES)[number];

/** The project that something belongs to, or null when it is not there. */
export async function findProjectOf(db: Executor, resource: ProjectResource, id: number): Promise<number | null> {
  const row = await db.selectFrom(resource).select('project_id').where('id', '=', id).executeTakeFirst();
  return row?.project_id ?? null;
}
