import { FatalError, messageOf } from '@pugmark/domain';
import type { LoadedModel } from '../models/loaded-model';

/** Warms up a model and returns it. Throws FatalError `model_unsuitable` and frees its memory if it does not run. */
export async function warmUp(model: LoadedModel): Promise<LoadedModel> {
  try {
    await model.warmUp();
    return model;
  } catch (error) {
    model.dispose();
    throw new FatalError('model_unsuitable', `model ${model.manifest.name} does not run: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
