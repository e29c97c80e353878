import type { Executor, ModelRow } from '@pugmark/db';
import type { Stage } from '@pugmark/domain';
import type { ModelsDependencies } from './models.dependencies';
import { unprocessable } from '../../http/http-problem';

/** Throws a 422 unless the model in the body exists and is of this stage. */
export async function requireModelOfStage(
  deps: Pick<ModelsDependencies, 'models'>,
  db: Executor,
  id: number,
  stage: Stage,
  field: string,
): Promise<ModelRow> {
  const model = await deps.models.find(db, id);
  if (model === null) throw unprocessable('model_missing', field, `there is no model ${id}`);
  if (model.stage === stage) return model;
  const is = { detect: 'a detector', classify: 'a classifier' };
  throw unprocessable('model_stage_mismatch', field, `model ${id} is ${is[model.stage]}, not ${is[stage]}`);
}
