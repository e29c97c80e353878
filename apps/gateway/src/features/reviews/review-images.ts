import { randomUUID } from 'node:crypto';
import {
  findEventImages,
  readWords,
  type DatabaseTransaction,
  type ImageWord,
  type ReviewBatch,
  type ReviewRow,
} from '@pugmark/db';
import { REVIEW_REFUSALS, type ReviewRefusal, type ObservationSelection } from '@pugmark/domain';
import { unfitFields, unprocessable, type HttpProblem } from '../../http/http-problem';
import type { Call } from '../../http/operation';
import type { ReviewsDependencies } from './reviews.dependencies';
import type { ReviewActionBody, ReviewImagesBody } from './review-bodies.dto';
import type { ImageOutcomeResponse, ReviewBatchResponse } from './reviews.dto';
import { createOnce } from '../../http/idempotency/create-once';
import { formEvents } from '../events/form-events';
import { requireNamedProject } from '../projects/require-project';
import { applyAction } from './apply-action';
import { reviewerOf } from './image-review';
import { actionOf, assertFieldsFit, type Brought } from './review-action';
import { saidNames } from './resolve-taxa';
import { saidObservations } from './annotated-observations';

/** More than a herd before the camera for a day. */
const MOST_IMAGES_OF_EVENT = 10_000;

/**
 * Does one action to many images: to all of them or, when anything goes wrong, to none. An image that it does not fit is refused by itself and
 * stays as it is. Throws a 422 for what is not in the project, and for fields that do not go together.
 */
export async function reviewImages(
  deps: ReviewsDependencies,
  call: Call<object, ReviewImagesBody>,
): Promise<ReviewBatchResponse> {
  const { body } = call;
  assertFieldsFit(body.action);
  await requireNamedProject(deps, body.projectId);
  // What belongs to the event is known once it is formed.
  if (body.eventId != null) await formEvents(deps, body.projectId);
  const { id } = await createOnce(deps, call, body, (tx) => reviewAll(tx, deps, call));
  const batch = (await deps.reviews.findBatch(deps.db, { id }))!;
  return batchResponse(batch, await deps.reviews.ofBatch(deps.db, body.projectId, batch.batchId));
}

async function reviewAll(
  tx: DatabaseTransaction,
  deps: ReviewsDependencies,
  { body, caller }: Call<object, ReviewImagesBody>,
): Promise<number> {
  const { projectId, action, note } = body;
  const { imageIds, kind } = await imagesOf(tx, body);
  await deps.reviews.holdTaxa(
    tx,
    [action.taxonId, action.observation?.taxonId].filter((id) => id != null),
  );
  await lockAll(tx, deps, projectId, imageIds);
  if (imageIds.length !== 1) assertOfNoImage(body);
  else await assertDetection(tx, deps, imageIds[0]!, action.detectionId ?? null);
  const batchId = randomUUID();
  const reviewer = { ...reviewerOf(caller), note: note ?? null, batchId };
  const words = await readWords(tx, imageIds);
  const { unchanged, refused } = await applyAction(
    tx,
    deps,
    projectId,
    words,
    actionOf(action, kind, await broughtBy(tx, deps, words[0]!, action)),
    reviewer,
  );
  return deps.reviews.createBatch(tx, projectId, { batchId, unchanged, refused });
}

/** With several images there is no box and no detection in it, and the first stands for all. */
async function broughtBy(
  tx: DatabaseTransaction,
  deps: ReviewsDependencies,
  word: ImageWord,
  action: ReviewActionBody,
): Promise<Brought> {
  const [observation = null] =
    action.type === 'add'
      ? await saidObservations(tx, deps, word, [action.observation!], () => 'action.observation')
      : [];
  const [name = null] =
    action.type === 'relabel' ? await saidNames(tx, deps, word.projectId, [action], [], () => 'action') : [];
  return { name, observation };
}

/** Which images are meant, and what they were chosen by. */
async function imagesOf(
  tx: DatabaseTransaction,
  { projectId, imageIds, eventId }: ReviewImagesBody,
): Promise<{ readonly imageIds: readonly number[]; readonly kind: ObservationSelection }> {
  if ((imageIds == null) === (eventId == null))
    throw unfitFields([{ field: 'imageIds', message: 'or eventId must be there, and not both' }]);
  if (eventId == null) return { imageIds: imageIds!, kind: {} };
  const found = await findEventImages(tx, projectId, eventId, MOST_IMAGES_OF_EVENT + 1);
  // None: it was reviewed away just now.
  if (found === null || found.imageIds.length === 0)
    throw unprocessable(
      'event_missing',
      'eventId',
      `project ${projectId} has no event ${eventId} (any more): events change with what they are formed of, look for it again`,
    );
  if (found.imageIds.length > MOST_IMAGES_OF_EVENT)
    throw unprocessable(
      'event_too_large',
      'eventId',
      `the event has more than ${MOST_IMAGES_OF_EVENT} images: name them in imageIds, 1,000 at a time`,
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
  const there = new Set(await deps.reviews.lockImages(tx, projectId, imageIds));
  const missing = imageIds.filter((id) => !there.has(id));
  if (missing.length === 0) return;
  const named =
    missing.length > 10 ? `${missing.slice(0, 10).join(', ')} and ${missing.length - 10} more` : missing.join(', ');
  throw unprocessable('image_missing', 'imageIds', `project ${projectId} has no image ${named}: nothing was changed`);
}

/** A detection is of one image, and so is a place on it. */
function assertOfNoImage({ action: { detectionId, observation } }: ReviewImagesBody): void {
  const named = {
    'action.detectionId': detectionId,
    'action.observation.detectionId': observation?.detectionId,
    'action.observation.box': observation?.box,
  };
  const errors = Object.entries(named)
    .filter(([, value]) => value != null)
    .map(([field]) => ({ field, message: 'is of one image: name no others' }));
  if (errors.length > 0) throw unfitFields(errors);
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
  return unfitFields([{ field: 'action.detectionId', message: `is none of image ${imageId}` }]);
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
