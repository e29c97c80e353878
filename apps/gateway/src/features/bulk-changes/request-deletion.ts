import {
  countSelectedImages,
  inTransaction,
  type BulkChangeKind,
  type BulkChangeRow,
  type DatabaseTransaction,
  type Executor,
  type ImageSelection,
  type SelectedImages,
} from '@pugmark/db';
import { HttpProblem, conflict, contradictingFields, notFound, unprocessable } from '../../http/http-problem';
import type { Call } from '../../http/operation';
import type { BulkChangesDependencies } from './bulk-changes.dependencies';
import type { ConfirmedDeletionBody, DeletionBody, DeletionPreview, DeletionTarget } from './deletions.dto';
import { imageSelection } from './image-selection.dto';
import { requestBulkChange } from './request-bulk-change';

const KINDS: Readonly<Record<DeletionTarget, BulkChangeKind>> = {
  images: 'delete_images',
  deployment: 'delete_deployment',
  project: 'delete_project',
};

interface Deletion {
  readonly target: DeletionTarget;
  /** Id of the deployment or project; null for images. */
  readonly subjectId: number | null;
  readonly selection: ImageSelection;
}

/** Says what a deletion would delete. Throws 404 and 422. */
export async function previewDeletion(
  deps: BulkChangesDependencies,
  { id: projectId, body }: Pick<Call<object, DeletionBody>, 'id' | 'body'>,
): Promise<DeletionPreview> {
  const deletion = deletionOf(projectId, body);
  await requireTarget(deps, deps.db, projectId, deletion);
  const counted = await countSelectedImages(deps.db, projectId, deletion.selection);
  return {
    images: counted.images,
    reviewedImages: counted.reviewed,
    confirmation: confirmationOf(projectId, deletion, counted),
  };
}

/**
 * Requests a deletion. Throws a 409 unless the confirmation says what will be deleted now, and while images are still
 * being ingested.
 */
export async function requestDeletion(
  deps: BulkChangesDependencies,
  call: Call<object, ConfirmedDeletionBody>,
): Promise<BulkChangeRow> {
  const { id: projectId, body } = call;
  const deletion = deletionOf(projectId, body);
  return inTransaction(deps.db, async (tx) => {
    await deps.projects.lockForDeletion(tx, projectId);
    if (deletion.target === 'deployment') await deps.deployments.lockForDeletion(tx, deletion.subjectId!);
    await requireTarget(deps, tx, projectId, deletion);
    await assertNotBeingDeleted(tx, deps, projectId, deletion.target === 'deployment' ? deletion.subjectId : null);
    await assertNoIngest(tx, deps, projectId, deletion);
    const counted = await countSelectedImages(tx, projectId, deletion.selection);
    if (body.confirmation !== confirmationOf(projectId, deletion, counted))
      throw conflict(
        'confirmation_outdated',
        'confirmation',
        'does not say what would be deleted now: request the preview again and decide again',
      );
    const { images: total, upToId } = counted;
    const selection = deletion.target === 'images' ? { ...deletion.selection, upToId } : deletion.selection;
    const kind = KINDS[deletion.target];
    const parameters = { selection };
    const change = { kind, projectId, subjectId: deletion.subjectId, parameters, total };
    const id = await requestBulkChange(tx, deps, call, change);
    return (await deps.bulkChanges.find(tx, id))!;
  });
}

/**
 * Throws a 409 while the project, or the deployment, is being deleted. Call it after the transaction has locked them or
 * inserted a row that refers to them: a deletion that is requested later waits for the transaction.
 */
export async function assertNotBeingDeleted(
  tx: DatabaseTransaction,
  { bulkChanges }: Pick<BulkChangesDependencies, 'bulkChanges'>,
  projectId: number,
  deploymentId: number | null,
): Promise<void> {
  if (await bulkChanges.isBeingDeleted(tx, projectId, deploymentId))
    throw new HttpProblem(409, 'being_deleted', 'the project or deployment is being deleted');
}

function deletionOf(projectId: number, { target, images, deploymentId }: DeletionBody): Deletion {
  const fields = { images: images != null, deployment: deploymentId != null };
  const wrong = (['images', 'deployment'] as const).filter((name) => fields[name] !== (name === target));
  if (wrong.length > 0)
    throw contradictingFields(
      wrong.map((name) => ({
        field: name === 'images' ? 'images' : 'deploymentId',
        message: name === target ? `is missing: the target is ${target}` : `does not apply to the target ${target}`,
      })),
    );
  if (target === 'images') return { target, subjectId: null, selection: imageSelection(images!, 'images') };
  if (target === 'deployment') return { target, subjectId: deploymentId!, selection: { deploymentId: deploymentId! } };
  return { target, subjectId: projectId, selection: {} };
}

async function requireTarget(
  deps: BulkChangesDependencies,
  db: Executor,
  projectId: number,
  { target, subjectId }: Deletion,
): Promise<void> {
  if ((await deps.projects.find(db, projectId)) === null) throw notFound(`project ${projectId}`);
  if (target !== 'deployment') return;
  if ((await deps.deployments.find(db, subjectId!))?.project_id !== projectId)
    throw unprocessable('deployment_missing', 'deploymentId', `project ${projectId} has no deployment ${subjectId}`);
}

/** A scan that goes on would add images again. */
async function assertNoIngest(
  tx: DatabaseTransaction,
  { ingests }: BulkChangesDependencies,
  projectId: number,
  { target, subjectId }: Deletion,
): Promise<void> {
  if (target === 'images') return;
  const unfinished = await ingests.findUnfinished(tx, projectId, target === 'deployment' ? subjectId : undefined);
  if (unfinished !== null)
    throw new HttpProblem(409, 'ingest_unfinished', `ingest ${unfinished} still adds images: wait for its end`);
}

function confirmationOf(projectId: number, { target, subjectId }: Deletion, counted: SelectedImages): string {
  const what = {
    images: `images of project ${projectId}`,
    deployment: `deployment ${subjectId}`,
    project: `project ${projectId}`,
  }[target];
  return `delete ${what}: ${counted.images} images, ${counted.reviewed} of them reviewed`;
}
