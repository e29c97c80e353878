import type { ProjectRow } from '@pugmark/db';
import type { ProjectsDependencies } from './projects.dependencies';
import { notFound, unprocessable } from '../../http/http-problem';

/** Throws a 404 unless the project in the path exists. */
export async function requireProject(
  deps: Pick<ProjectsDependencies, 'db' | 'projects'>,
  id: number,
): Promise<ProjectRow> {
  const row = await deps.projects.find(deps.db, id);
  if (row === null) throw notFound(`project ${id}`);
  return row;
}

/** Throws a 422 unless the project in the query or body exists. */
export async function requireNamedProject(
  deps: Pick<ProjectsDependencies, 'db' | 'projects'>,
  id: number,
): Promise<void> {
  if ((await deps.projects.find(deps.db, id)) === null)
    throw unprocessable('project_missing', 'projectId', `there is no project ${id}`);
}
