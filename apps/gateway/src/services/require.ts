import type { Executor, ModelRow } from '@pugmark/db';
import type { Stores } from '../dependencies';
import { notFound, unavailable, unprocessable } from '../middleware/http-problem';

/** 404 unless the project named by the address is there. */
export async function requireProject(stores: Stores, id: number): Promise<void> {
  if ((await stores.projects.find(stores.db, id)) === null) throw notFound(`project ${id}`);
}

/** 422 unless the project named in the body is there, and the deployment is one of it. */
export async function requirePlace(stores: Stores, projectId: number, deploymentId: number | null, prefix = ''): Promise<void> {
  if ((await stores.projects.find(stores.db, projectId)) === null) {
    throw unprocessable('project_missing', 'projectId', `there is no project ${projectId}`);
  }
  if (deploymentId === null) return;
  const deployment = await stores.deployments.find(stores.db, deploymentId);
  if (deployment?.project_id !== projectId) {
    throw unprocessable('deployment_missing', `${prefix}deploymentId`, `project ${projectId} has no deployment ${deploymentId}`);
  }
}

/** The model that a new run is for: the default one. A worker registers its own when it starts, so there may be none yet. */
export async function requireModel(stores: Stores, db: Executor): Promise<ModelRow> {
  const model = await stores.models.default(db);
  if (model === null) throw unavailable('no_model', 'no model is registered yet: start ml-worker', 10);
  return model;
}
