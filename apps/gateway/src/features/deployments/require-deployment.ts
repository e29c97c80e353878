import type { DeploymentWithLocation } from '@pugmark/db';
import type { DeploymentsDependencies } from './deployments.dependencies';
import { notFound, unprocessable } from '../../http/http-problem';
import { requireNamedProject } from '../projects/require-project';

/** Throws a 404 unless the deployment in the path exists. */
export async function requireDeployment(
  deps: Pick<DeploymentsDependencies, 'db' | 'deployments'>,
  id: number,
): Promise<DeploymentWithLocation> {
  const row = await deps.deployments.find(deps.db, id);
  if (row === null) throw notFound(`deployment ${id}`);
  return row;
}

/** Throws a 422 unless the project in the body exists and owns the deployment. */
export async function requireProjectAndDeployment(
  deps: Pick<DeploymentsDependencies, 'db' | 'projects' | 'deployments'>,
  projectId: number,
  deploymentId: number | null,
  prefix = '',
): Promise<void> {
  await requireNamedProject(deps, projectId);
  if (deploymentId === null) return;
  const deployment = await deps.deployments.find(deps.db, deploymentId);
  if (deployment?.project_id !== projectId) {
    throw unprocessable(
      'deployment_missing',
      `${prefix}deploymentId`,
      `project ${projectId} has no deployment ${deploymentId}`,
    );
  }
}
