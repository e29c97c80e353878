import { inTransaction, type DatabaseTransaction, type ReviewRow } from '@pugmark/db';
import { HttpProblem, notFound, unprocessable } from '../../http/http-problem';
import type { Call } from '../../http/operation';
import type { ReviewsDependencies } from './reviews.dependencies';
import type { UndoBatchBody } from './review-bodies.dto';
import type { ImageOutcomeResponse, ImageReviewResponse, ReviewBatchResponse } from './reviews.dto';
import { requireNamedProject } from '../projects/require-project';
import { imageReview, lockImage, reviewerOf } from './image-review';

const REASON_TEXTS = {
  already_undone: 'the review was undone already',
  not_latest: 'the image has a later review: undo that first',
} as const;

/**
 * Makes the previous review effective again. Throws a 404, and a 409 unless the review is the effective one of its
 * image.
 */
export function undoReview(
  deps: ReviewsDependencies,
  { id, caller }: Call<object, undefined>,
): Promise<ImageReviewResponse> {
  return inTransaction(deps.db, async (tx) => {
    const row = await lockReview(tx, deps, id);
    const reason = refusalReason(row, await deps.reviews.findEffective(tx, [row.image_id]));
    if (reason !== null) throw new HttpProblem(409, reason, REASON_TEXTS[reason]);
    await deps.reviews.undo(tx, [row], caller.name);
    return imageReview(tx, row.image_id);
  });
}

/**
 * Repeats an undone review as a new one. Throws a 404, and a 409 when it was not undone or a later one is effective.
 */
export function redoReview(
  deps: ReviewsDependencies,
  { id, caller }: Call<object, undefined>,
): Promise<ImageReviewResponse> {
  return inTransaction(deps.db, async (tx) => {
    const row = await lockReview(tx, deps, id);
    if (row.undone_at === null)
      throw new HttpProblem(409, 'review_not_undone', 'the review was not undone: there is nothing to redo');
    const effective = (await deps.reviews.findEffective(tx, [row.image_id])).get(row.image_id);
    if (effective !== undefined && originalId(effective) >= originalId(row)) {
      throw new HttpProblem(
        409,
        'not_latest',
        'this review, or a later one of the image, is effective: undo that first',
      );
    }
    const redone = {
      imageId: row.image_id,
      action: 'redo' as const,
      observations: row.observations,
      redoOf: originalId(row),
    };
    await deps.reviews.add(tx, row.project_id, { ...reviewerOf(caller), note: null, batchId: null }, [redone]);
    return imageReview(tx, row.image_id);
  });
}

/** Undoes all reviews of a request that are still effective. Throws a 422 when the project has no such batch. */
export async function undoBatch(
  deps: ReviewsDependencies,
  { body: { projectId, batchId }, caller }: Call<object, UndoBatchBody>,
): Promise<ReviewBatchResponse> {
  await requireNamedProject(deps, projectId);
  const batch = await deps.reviews.findBatch(deps.db, { projectId, batchId });
  if (batch === null) throw unprocessable('batch_missing', 'batchId', `project ${projectId} has no batch ${batchId}`);
  return inTransaction(deps.db, async (tx) => {
    const imageIds = (await deps.reviews.findByBatch(tx, projectId, batchId)).map((row) => row.image_id);
    await deps.reviews.lockImages(tx, projectId, imageIds);
    const effective = await deps.reviews.findEffective(tx, imageIds);
    // Read again: a concurrent request may have undone some of them before the lock was acquired.
    const rows = await deps.reviews.findByBatch(tx, projectId, batchId);
    const undone = rows.filter((row) => refusalReason(row, effective) === null);
    await deps.reviews.undo(tx, undone, caller.name);
    const images = rows.map((row) => outcomeOf(row, refusalReason(row, effective)));
    return { batchId, changed: undone.length, unchanged: 0, refused: rows.length - undone.length, images };
  });
}

/** The row, read after its image was locked. */
async function lockReview(tx: DatabaseTransaction, deps: ReviewsDependencies, id: number): Promise<ReviewRow> {
  const row = await deps.reviews.find(tx, id);
  if (row === null) throw notFound(`review ${id}`);
  await deps.reviews.lockTaxa(
    tx,
    (row.observations ?? []).flatMap(({ taxonId }) => taxonId ?? []),
  );
  await lockImage(tx, deps, row.image_id);
  return (await deps.reviews.find(tx, id))!;
}

/** A redone review takes the place of the original in the order of reviews. */
function originalId(row: ReviewRow): number {
  return row.redo_of ?? row.id;
}

function refusalReason(row: ReviewRow, effective: ReadonlyMap<number, ReviewRow>): keyof typeof REASON_TEXTS | null {
  if (row.undone_at !== null) return 'already_undone';
  return effective.get(row.image_id)?.id === row.id ? null : 'not_latest';
}

function outcomeOf(row: ReviewRow, reason: keyof typeof REASON_TEXTS | null): ImageOutcomeResponse {
  const of = { imageId: row.image_id, reviewId: row.id };
  return reason === null
    ? { ...of, outcome: 'undone', reason: null }
    : { ...of, outcome: 'refused', reason: { code: reason, message: REASON_TEXTS[reason] } };
}
