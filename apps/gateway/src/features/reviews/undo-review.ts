import { inTransaction, type DatabaseTransaction, type ReviewRow } from '@pugmark/db';
import { HttpProblem, notFound, unprocessable } from '../../http/http-problem';
import type { Call } from '../../http/operation';
import type { ReviewsDependencies } from './reviews.dependencies';
import type { UndoBatchBody } from './review-bodies.dto';
import type { ImageOutcomeResponse, ImageReviewResponse, ReviewBatchResponse } from './reviews.dto';
import { requireNamedProject } from '../projects/require-project';
import { imageReview, lockImage, reviewerOf } from './image-review';

const REASONS = {
  already_undone: 'the review was undone already',
  not_latest: 'something else was said of the image since: undo that first',
} as const;

/** What was said before it counts again. Throws a 404, and a 409 unless it is the review that counts for its image. */
export function undoReview(
  deps: ReviewsDependencies,
  { id, caller }: Call<object, undefined>,
): Promise<ImageReviewResponse> {
  return inTransaction(deps.db, async (tx) => {
    const row = await lockReview(tx, deps, id);
    const reason = reasonAgainst(row, await deps.reviews.counting(tx, [row.image_id]));
    if (reason !== null) throw new HttpProblem(409, reason, REASONS[reason]);
    await deps.reviews.undo(tx, [row], caller.name);
    return imageReview(tx, row.image_id);
  });
}

/** Says again what was undone, as a review of its own. Throws a 404, and a 409 when it was not undone, or something later counts. */
export function redoReview(
  deps: ReviewsDependencies,
  { id, caller }: Call<object, undefined>,
): Promise<ImageReviewResponse> {
  return inTransaction(deps.db, async (tx) => {
    const row = await lockReview(tx, deps, id);
    if (row.undone_at === null)
      throw new HttpProblem(409, 'not_undone', 'the review was not undone: there is nothing to say again');
    const counting = (await deps.reviews.counting(tx, [row.image_id])).get(row.image_id);
    if (counting !== undefined && placeOf(counting) >= placeOf(row)) {
      throw new HttpProblem(
        409,
        'not_latest',
        'this, or something else that was said of the image since, counts: undo that first',
      );
    }
    const again = {
      imageId: row.image_id,
      action: 'redo' as const,
      observations: row.observations,
      redoOf: placeOf(row),
    };
    await deps.reviews.add(tx, row.project_id, { ...reviewerOf(caller), note: null, batchId: null }, [again]);
    return imageReview(tx, row.image_id);
  });
}

/** All reviews of a request, each if it still is the one that counts. Throws a 422 when the project has no such batch. */
export async function undoBatch(
  deps: ReviewsDependencies,
  { body: { projectId, batchId }, caller }: Call<object, UndoBatchBody>,
): Promise<ReviewBatchResponse> {
  await requireNamedProject(deps, projectId);
  const batch = await deps.reviews.findBatch(deps.db, { projectId, batchId });
  if (batch === null) throw unprocessable('batch_missing', 'batchId', `project ${projectId} has no batch ${batchId}`);
  return inTransaction(deps.db, async (tx) => {
    const imageIds = (await deps.reviews.ofBatch(tx, projectId, batchId)).map((row) => row.image_id);
    await deps.reviews.lockImages(tx, projectId, imageIds);
    const counting = await deps.reviews.counting(tx, imageIds);
    // Read again: another may have undone some of them before the lock was there.
    const rows = await deps.reviews.ofBatch(tx, projectId, batchId);
    const undone = rows.filter((row) => reasonAgainst(row, counting) === null);
    await deps.reviews.undo(tx, undone, caller.name);
    const images = rows.map((row) => outcomeOf(row, reasonAgainst(row, counting)));
    return { batchId, changed: undone.length, unchanged: 0, refused: rows.length - undone.length, images };
  });
}

/** The row as it is once its image is locked. */
async function lockReview(tx: DatabaseTransaction, deps: ReviewsDependencies, id: number): Promise<ReviewRow> {
  const row = await deps.reviews.find(tx, id);
  if (row === null) throw notFound(`review ${id}`);
  await deps.reviews.holdTaxa(
    tx,
    (row.observations ?? []).flatMap(({ taxonId }) => taxonId ?? []),
  );
  await lockImage(tx, deps, row.image_id);
  return (await deps.reviews.find(tx, id))!;
}

/** What is said again stands where it stood. */
function placeOf(row: ReviewRow): number {
  return row.redo_of ?? row.id;
}

function reasonAgainst(row: ReviewRow, counting: ReadonlyMap<number, ReviewRow>): keyof typeof REASONS | null {
  if (row.undone_at !== null) return 'already_undone';
  return counting.get(row.image_id)?.id === row.id ? null : 'not_latest';
}

function outcomeOf(row: ReviewRow, reason: keyof typeof REASONS | null): ImageOutcomeResponse {
  const of = { imageId: row.image_id, reviewId: row.id };
  return reason === null
    ? { ...of, outcome: 'undone', reason: null }
    : { ...of, outcome: 'refused', reason: { code: reason, message: REASONS[reason] } };
}
