import type { DeploymentRepository, ImageRepository } from '@pugmark/db';
import type { BulkChangeSteps } from './bulk-change-steps';

/** Derives the times of all images of a deployment from its present zone, clock and dates. */
export function deriveDeploymentTimes(images: ImageRepository, deployments: DeploymentRepository): BulkChangeSteps {
  return {
    lock: (tx, { subject_id }) => deployments.share(tx, subject_id!),
    list: (tx, { subject_id }, afterId, limit) => images.listOfDeployment(tx, subject_id!, afterId, limit),
    apply: (tx, _change, imageIds) => images.deriveTimes(tx, imageIds),
  };
}
