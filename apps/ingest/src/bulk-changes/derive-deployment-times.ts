import type { ImageRepository } from '@pugmark/db';
import type { BulkChangeSteps } from './bulk-change-steps';

/** Derives the times of all images of a deployment from its present zone, clock and dates. */
export function deriveDeploymentTimes(images: ImageRepository): BulkChangeSteps {
  return {
    lock: async (tx, { subject_id }) => void (await images.lockDeployment(tx, subject_id!)),
    list: (tx, { subject_id }, afterId, limit) => images.listOfDeployment(tx, subject_id!, afterId, limit),
    apply: (tx, _change, imageIds) => images.deriveTimes(tx, imageIds),
  };
}
