import { countSelectedImages, inTransaction, type BulkChangeRow } from '@pugmark/db';
import type { Call } from '../../http/operation';
import { contradictingFields, unprocessable } from '../../http/http-problem';
import { requireProjectAndDeployment } from '../deployments/require-deployment';
import type { BulkChangesDependencies } from './bulk-changes.dependencies';
import { imageSelection } from './image-selection.dto';
import type { MoveImagesBody } from './move-images.dto';
import { assertNotBeingDeleted } from './request-deletion';
import { requestBulkChange } from './request-bulk-change';

/** Requests that images be assigned to another deployment. Throws a 422 for a deployment of another project. */
export async function moveImages(
  deps: BulkChangesDependencies,
  call: Call<object, MoveImagesBody>,
): Promise<BulkChangeRow> {
  const { id: projectId, body } = call;
  const { toDeploymentId } = body;
  if (toDeploymentId === undefined)
    throw contradictingFields([{ field: 'toDeploymentId', message: 'is missing: a deployment, or null for none' }]);
  const selection = imageSelection(body.images, 'images');
  if (toDeploymentId !== null) await requireProjectAndDeployment(deps, projectId, toDeploymentId);
  return inTransaction(deps.db, async (tx) => {
    if (toDeploymentId !== null) await deps.deployments.share(tx, toDeploymentId);
    await assertNotBeingDeleted(tx, deps, projectId, toDeploymentId);
    const { images, upToId } = await countSelectedImages(tx, projectId, selection);
    if (images === 0) throw unprocessable('no_images', 'images', 'the project has no such images');
    const id = await requestBulkChange(tx, deps, call, {
      kind: 'move_images',
      projectId,
      subjectId: null,
      parameters: { selection: { ...selection, upToId }, toDeploymentId },
      total: images,
    });
    return (await deps.bulkChanges.find(tx, id))!;
  });
}
