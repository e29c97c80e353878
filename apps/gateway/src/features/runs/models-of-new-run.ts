import type { ClassifySettings, Executor, ProjectRow } from '@pugmark/db';
import type { RunsDependencies } from './runs.dependencies';
import { unavailable } from '../../http/http-problem';
import { requireStage } from '../models/require-model';

/** The models of a new run: those that the request names, else the project's, else the default detector and no classifier. */
export async function modelsOfNewRun(
  deps: Pick<RunsDependencies, 'projects' | 'models'>,
  db: Executor,
  projectId: number,
  asked: { readonly modelId?: number | null; readonly classify?: ClassifySettings | null } = {},
): Promise<{ readonly modelId: number; readonly classify: ClassifySettings | null }> {
  const project = await deps.projects.find(db, projectId);
  const modelId = asked.modelId ?? project?.model_id ?? null;
  const classify = asked.classify === undefined ? classifyOf(project) : asked.classify;
  if (classify !== null) await requireStage(deps, db, classify.classifierId, 'classify', 'classify.modelId');
  if (modelId !== null) return { modelId: (await requireStage(deps, db, modelId, 'detect', 'modelId')).id, classify };
  const model = await deps.models.default(db);
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
