import { FatalError, messageOf } from '@pugmark/domain';
import type { LoadedModel } from '../models/loaded-model';

/** The model, once it has run; else FatalError `model_unsuitable`, and its memory is free again. */
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
