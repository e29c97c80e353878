import { sql } from 'kysely';
import type { Executor } from '../connection/database';
import { PREPARED } from '../connection/prepared-statements';

export const PROJECT_RESOURCES = [
  'deployments',
  'locations',
  'taxa',
  'images',
  'ingests',
  'runs',
  'exports',
  'bulk_changes',
  'events',
  'reviews',
  'static_detections',
] as const;

/** A table whose rows belong to a project. */
export type ProjectResource = (typeof PROJECT_RESOURCES)[number];

/** The project that a row belongs to; null if the row does not exist. */
export async function findProjectOf(db: Executor, resource: ProjectResource, id: number): Promise<number | null> {
  const { rows } = await sql<{
    id: number;
  }>`${PREPARED} select project_id as id from ${sql.table(resource)} where id = ${id}`.execute(db);
  return rows[0]?.id ?? null;
}
