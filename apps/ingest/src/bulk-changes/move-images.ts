import { listSelectedImages, type DeploymentRepository, type ImageRepository } from '@pugmark/db';
import type { BulkChangeSteps } from './bulk-change-steps';

/** Assigns the selected images to another deployment. */
export function moveImages(images: ImageRepository, deployments: DeploymentRepository): BulkChangeSteps {
  return {
    lock: async (tx, { parameters: { toDeploymentId } }) => {
      if (toDeploymentId != null) await deployments.share(tx, toDeploymentId);
    },
    list: (tx, { project_id, parameters: { selection } }, afterId, limit) =>
      listSelectedImages(tx, project_id!, selection!, afterId, limit),
    apply: (tx, { parameters: { toDeploymentId } }, imageIds) => images.move(tx, imageIds, toDeploymentId!),
  };
}
