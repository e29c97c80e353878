import {
  deleteDeployment,
  deleteImages,
  deleteProjectPart,
  listSelectedImages,
  type BulkChangeRow,
  type ImageSelection,
} from '@pugmark/db';
import type { BulkChangeSteps } from './bulk-change-steps';

const NOTHING_TO_LOCK = (): Promise<void> => Promise.resolve();

/** Deletes the selected images. */
export function deleteSelectedImages(removeFiles: () => Promise<boolean>): BulkChangeSteps {
  return {
    ...deletionOf(({ parameters }) => parameters.selection!),
    afterwards: removeFiles,
  };
}

/** Deletes the images of a deployment, and then the deployment. */
export function deleteWholeDeployment(removeFiles: () => Promise<boolean>): BulkChangeSteps {
  return {
    ...deletionOf(({ subject_id }) => ({ deploymentId: subject_id! })),
    finish: async (tx, { subject_id }) => {
      await deleteDeployment(tx, subject_id!);
      return true;
    },
    afterwards: removeFiles,
  };
}

/** Deletes the images of a project, and then the project. */
export function deleteWholeProject(removeFiles: () => Promise<boolean>): BulkChangeSteps {
  return {
    ...deletionOf(() => ({})),
    finish: (tx, { subject_id }) => deleteProjectPart(tx, subject_id!),
    afterwards: removeFiles,
  };
}

function deletionOf(selectionOf: (change: BulkChangeRow) => ImageSelection) {
  return {
    lock: NOTHING_TO_LOCK,
    // From the start: what is done is gone, and an image may have come that is older than others.
    list: (tx, change, _afterId, limit) =>
      change.project_id === null
        ? Promise.resolve([])
        : listSelectedImages(tx, change.project_id, selectionOf(change), 0, limit),
    apply: (tx, _change, imageIds) => deleteImages(tx, imageIds),
  } satisfies Pick<BulkChangeSteps, 'lock' | 'list' | 'apply'>;
}
