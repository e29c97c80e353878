import type {
  ClassifySettings,
  DeploymentWithLocation,
  EventFilter,
  Executor,
  ModelRow,
  ProjectRow,
} from '@pugmark/db';
import type { Stage } from '@pugmark/domain';
import type { Stores } from '../dependencies';
import { notFound, unavailable, unprocessable } from '../http/http-problem';

/** 404 unless the project named by the address is there. */
export async function requireProject(stores: Stores, id: number): Promise<ProjectRow> {
  const row = await stores.projects.find(stores.db, id);
  if (row === null) throw notFound(`project ${id}`);
  return row;
}

/** 404 unless the deployment named by the address is there. */
export async function requireDeployment(stores: Stores, id: number): Promise<DeploymentWithLocation> {
  const row = await stores.deployments.find(stores.db, id);
  if (row === null) throw notFound(`deployment ${id}`);
  return row;
}

/** 422 unless the project named in the query or body is there. */
export async function requireNamedProject(stores: Stores, id: number): Promise<void> {
  if ((await stores.projects.find(stores.db, id)) === null)
    throw unprocessable('project_missing', 'projectId', `there is no project ${id}`);
}

/** 422 unless the project named in the body is there, and the deployment is one of it. */
export async function requirePlace(
  stores: Stores,
  projectId: number,
  deploymentId: number | null,
  prefix = '',
): Promise<void> {
  await requireNamedProject(stores, projectId);
  if (deploymentId === null) return;
  const deployment = await stores.deployments.find(stores.db, deploymentId);
  if (deployment?.project_id !== projectId) {
    throw unprocessable(
      'deployment_missing',
      `${prefix}deploymentId`,
      `project ${projectId} has no deployment ${deploymentId}`,
    );
  }
}

/** 422 unless the project that the filter names is there, and the deployment and the location are of it: nothing else could be seen there. */
export async function requireObserved(
  stores: Stores,
  { projectId, deploymentId, locationId }: EventFilter,
): Promise<void> {
  await requirePlace(stores, projectId, deploymentId ?? null);
  if (locationId === undefined || (await stores.locations.find(stores.db, locationId))?.project_id === projectId)
    return;
  throw unprocessable('location_missing', 'locationId', `project ${projectId} has no location ${locationId}`);
}

/** 422 unless the model named in the body is there, and of this stage. */
export async function requireStage(
  stores: Stores,
  db: Executor,
  id: number,
  stage: Stage,
  field: string,
): Promise<ModelRow> {
  const model = await stores.models.find(db, id);
  if (model === null) throw unprocessable('model_missing', field, `there is no model ${id}`);
  if (model.stage === stage) return model;
  const is = { detect: 'a detector', classify: 'a classifier' };
  throw unprocessable('wrong_stage', field, `model ${id} is ${is[model.stage]}, not ${is[stage]}`);
}

/** The models of a new run: those that the request names, else the project's, else the default detector and no classifier. */
export async function modelsOfNewRun(
  stores: Stores,
  db: Executor,
  projectId: number,
  asked: { readonly modelId?: number | null; readonly classify?: ClassifySettings | null } = {},
): Promise<{ readonly modelId: number; readonly classify: ClassifySettings | null }> {
  const project = await stores.projects.find(db, projectId);
  const modelId = asked.modelId ?? project?.model_id ?? null;
  const classify = asked.classify === undefined ? classifyOf(project) : asked.classify;
  if (classify !== null) await requireStage(stores, db, classify.classifierId, 'classify', 'classify.modelId');
  if (modelId !== null) return { modelId: (await requireStage(stores, db, modelId, 'detect', 'modelId')).id, classify };
  const model = await stores.models.default(db);
  // A worker registers its own when it starts.
  if (model === null) throw unavailable('no_model', 'no model is registered yet: start ml-worker', 10);
  return { modelId: model.id, classify };
}

function classifyOf(project: ProjectRow | null): ClassifySettings | null {
  if (project === null || project.classifier_id === null) return null;
  return {
    classifierId: project.classifier_id,
    category: project.classify_category!,
    threshold: project.classify_threshold!,
  };
}
