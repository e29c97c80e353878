import type { BulkChangeKind, DeploymentRepository, ImageRepository, ReviewRepository } from '@pugmark/db';
import type { BulkChangeSteps } from './bulk-change-steps';
import { deleteSelectedImages, deleteWholeDeployment, deleteWholeProject } from './deletions';
import { deriveDeploymentTimes } from './derive-deployment-times';
import { deriveTaxon } from './derive-taxon';
import { moveImages } from './move-images';

export type StepsByKind = Readonly<Record<BulkChangeKind, BulkChangeSteps>>;

export interface StepDependencies {
  readonly images: ImageRepository;
  readonly deployments: DeploymentRepository;
  readonly reviews: ReviewRepository;
  /** Removes some of the files of deleted images; returns whether none are left. */
  readonly removeFiles: () => Promise<boolean>;
}

export function stepsByKind({ images, deployments, reviews, removeFiles }: StepDependencies): StepsByKind {
  return {
    deployment_times: deriveDeploymentTimes(images, deployments),
    taxon: deriveTaxon(images, reviews),
    move_images: moveImages(images, deployments),
    delete_images: deleteSelectedImages(removeFiles),
    delete_deployment: deleteWholeDeployment(removeFiles),
    delete_project: deleteWholeProject(removeFiles),
  };
}
