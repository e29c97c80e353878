import type { ClassifySettings, Executor, ProjectRow } from '@pugmark/db';
import type { RunsDependencies } from './runs.dependencies';
import { unavailable } from '../../http/http-problem';
import { requireModelOfStage } from '../models/require-model';

/** The models of a new run: those of the request, else the project's, else the default detector and no classifier. */
export async function modelsOfNewRun(
  deps: Pick<RunsDependencies, 'projects' | 'models'>,
  db: Executor,
  projectId: number,
  requested: { readonly modelId?: number | null; readonly classify?: ClassifySettings | null } = {},
): Promise<{ readonly modelId: number; readonly classify: ClassifySettings | null }> {
  const project = await deps.projects.find(db, projectId);
  const modelId = requested.modelId ?? project?.model_id ?? null;
  const classify = requested.classify === undefined ? classifyOf(project) : requested.classify;
  if (classify !== null) await requireModelOfStage(deps, db, classify.classifierId, 'classify', 'classify.modelId');
  if (modelId !== null)
    return { modelId: (await requireModelOfStage(deps, db, modelId, 'detect', 'modelId')).id, classify };
  const model = await deps.models.findDefault(db);
  // A worker registers the built-in model when it starts.
  if (model === null) throw unavailable('model_not_registered', 'no model is registered yet: start ml-worker', 10);
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
