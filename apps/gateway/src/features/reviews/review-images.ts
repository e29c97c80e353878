import { randomUUID } from 'node:crypto';
import {
  findEventImages,
  readImageAnnotations,
  type DatabaseTransaction,
  type ImageAnnotation,
  type ReviewBatch,
  type ReviewRow,
} from '@pugmark/db';
import { REVIEW_REFUSALS, type ReviewRefusal, type ObservationSelection } from '@pugmark/domain';
import { contradictingFields, unprocessable, type HttpProblem } from '../../http/http-problem';
import type { Call } from '../../http/operation';
import type { ReviewsDependencies } from './reviews.dependencies';
import type { ReviewActionBody, ReviewImagesBody } from './review-bodies.dto';
import type { ImageOutcomeResponse, ReviewBatchResponse } from './reviews.dto';
import { createOnce } from '../../http/idempotency/create-once';
import { formEvents } from '../events/form-events';
import { requireNamedProject } from '../projects/require-project';
import { applyAction } from './apply-action';
import { reviewerOf } from './image-review';
import { actionOf, assertActionFields, type ActionAddition } from './review-action';
import { resolveTaxa } from './resolve-taxa';
import { annotatedObservations } from './annotated-observations';

/** More than a herd in front of the camera for a day. */
const MAX_IMAGES_OF_EVENT = 10_000;

/**
 * Applies one action to many images: to all of them or, on any error, to none. An image that the action does not fit is
 * refused by itself and stays unchanged. Throws a 422 for images outside the project, and for contradicting fields.
 */
export async function reviewImages(
  deps: ReviewsDependencies,
  call: Call<object, ReviewImagesBody>,
): Promise<ReviewBatchResponse> {
  const { body } = call;
  assertActionFields(body.action);
  await requireNamedProject(deps, body.projectId);
  // The images of an event are known only once it is formed.
  if (body.eventId != null) await formEvents(deps, body.projectId);
  const { id } = await createOnce(deps, call, body, (tx) => reviewAll(tx, deps, call));
  const batch = (await deps.reviews.findBatch(deps.db, { id }))!;
  return batchResponse(batch, await deps.reviews.findByBatch(deps.db, body.projectId, batch.batchId));
}

async function reviewAll(
  tx: DatabaseTransaction,
  deps: ReviewsDependencies,
  { body, caller }: Call<object, ReviewImagesBody>,
): Promise<number> {
  const { projectId, action, note } = body;
  const { imageIds, kind } = await imagesOf(tx, body);
  await deps.reviews.lockTaxa(
    tx,
    [action.taxonId, action.observation?.taxonId].filter((id) => id != null),
  );
  await lockAll(tx, deps, projectId, imageIds);
  if (imageIds.length !== 1) assertNoBoxOrDetection(body);
  else await assertDetection(tx, deps, imageIds[0]!, action.detectionId ?? null);
  const batchId = randomUUID();
  const reviewer = { ...reviewerOf(caller), note: note ?? null, batchId };
  const current = await readImageAnnotations(tx, imageIds);
  const { unchanged, refused } = await applyAction(
    tx,
    deps,
    projectId,
    current,
    actionOf(action, kind, await actionAddition(tx, deps, current[0]!, action)),
    reviewer,
  );
  return deps.reviews.createBatch(tx, projectId, { batchId, unchanged, refused });
}

/** With several images there is no box or detection in it, so that the first stands for all. */
async function actionAddition(
  tx: DatabaseTransaction,
  deps: ReviewsDependencies,
  current: ImageAnnotation,
  action: ReviewActionBody,
): Promise<ActionAddition> {
  const [observation = null] =
    action.type === 'add'
      ? await annotatedObservations(tx, deps, current, [action.observation!], () => 'action.observation')
      : [];
  const [name = null] =
    action.type === 'relabel' ? await resolveTaxa(tx, deps, current.projectId, [action], [], () => 'action') : [];
  return { name, observation };
}

/** The selected images, and the event that selected them. */
async function imagesOf(
  tx: DatabaseTransaction,
  { projectId, imageIds, eventId }: ReviewImagesBody,
): Promise<{ readonly imageIds: readonly number[]; readonly kind: ObservationSelection }> {
  if ((imageIds == null) === (eventId == null))
    throw contradictingFields([{ field: 'imageIds', message: 'or eventId is required, but not both' }]);
  if (eventId == null) return { imageIds: imageIds!, kind: {} };
  const found = await findEventImages(tx, projectId, eventId, MAX_IMAGES_OF_EVENT + 1);
  // Empty: a concurrent review removed the event's last observation.
  if (found === null || found.imageIds.length === 0)
    throw unprocessable(
      'event_missing',
      'eventId',
      `project ${projectId} has no event ${eventId} (any more): events change with their images, list them again`,
    );
  if (found.imageIds.length > MAX_IMAGES_OF_EVENT)
    throw unprocessable(
      'event_too_large',
      'eventId',
      `the event has more than ${MAX_IMAGES_OF_EVENT} images: list them in imageIds, 1,000 at a time`,
    );
  const { category, label } = found.event;
  return { imageIds: found.imageIds, kind: { category, ...(label === null ? {} : { label }) } };
}

async function lockAll(
  tx: DatabaseTransaction,
  deps: ReviewsDependencies,
  projectId: number,
  imageIds: readonly number[],
): Promise<void> {
  const existing = new Set(await deps.reviews.lockImages(tx, projectId, imageIds));
  const missing = imageIds.filter((id) => !existing.has(id));
  if (missing.length === 0) return;
  const named =
    missing.length > 10 ? `${missing.slice(0, 10).join(', ')} and ${missing.length - 10} more` : missing.join(', ');
  throw unprocessable('image_missing', 'imageIds', `project ${projectId} has no image ${named}: nothing was changed`);
}

/** A detection belongs to one image, and so does a box. */
function assertNoBoxOrDetection({ action: { detectionId, observation } }: ReviewImagesBody): void {
  const named = {
    'action.detectionId': detectionId,
    'action.observation.detectionId': observation?.detectionId,
    'action.observation.box': observation?.box,
  };
  const errors = Object.entries(named)
    .filter(([, value]) => value != null)
    .map(([field]) => ({ field, message: 'belongs to one image: name no others' }));
  if (errors.length > 0) throw contradictingFields(errors);
}

async function assertDetection(
  tx: DatabaseTransaction,
  deps: ReviewsDependencies,
  imageId: number,
  detectionId: number | null,
): Promise<void> {
  if (detectionId === null || (await deps.reviews.detectionBoxes(tx, imageId, [detectionId])).has(detectionId)) return;
  throw detectionMissing(imageId);
}

function detectionMissing(imageId: number): HttpProblem {
  return contradictingFields([{ field: 'action.detectionId', message: `is not a detection of image ${imageId}` }]);
}

function batchResponse(
  { batchId, unchanged, refused }: ReviewBatch,
  reviews: readonly ReviewRow[],
): ReviewBatchResponse {
  const changed = reviews.map((row): ImageOutcomeResponse => ({
    imageId: row.image_id,
    outcome: 'changed',
    reviewId: row.id,
    reason: null,
  }));
  const asTheyWere = unchanged.map((imageId): ImageOutcomeResponse => ({
    imageId,
    outcome: 'unchanged',
    reviewId: null,
    reason: null,
  }));
  const turnedDown = (Object.keys(refused) as ReviewRefusal[]).flatMap((code) =>
    refused[code]!.map((imageId): ImageOutcomeResponse => ({
      imageId,
      outcome: 'refused',
      reviewId: null,
      reason: { code, message: REVIEW_REFUSALS[code] },
    })),
  );
  return {
    batchId,
    changed: changed.length,
    unchanged: asTheyWere.length,
    refused: turnedDown.length,
    images: [...changed, ...asTheyWere, ...turnedDown].sort((a, b) => a.imageId - b.imageId),
  };
}
