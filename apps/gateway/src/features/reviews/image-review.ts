import {
  findProjectOf,
  inTransaction,
  readImageAnnotations,
  type DatabaseTransaction,
  type Executor,
  type ImageAnnotation,
} from '@pugmark/db';
import type { ReviewAction } from '@pugmark/domain';
import type { Caller } from '../../http/access/caller';
import { notFound } from '../../http/http-problem';
import type { Call } from '../../http/operation';
import type { ReviewsDependencies } from './reviews.dependencies';
import type { SetReviewBody } from './review-bodies.dto';
import { imageReviewResponse, type ImageReviewResponse } from './reviews.dto';
import { applyAction } from './apply-action';
import { annotatedObservations } from './annotated-observations';

/** Throws a 404. */
export async function imageReview(db: Executor, imageId: number): Promise<ImageReviewResponse> {
  return imageReviewResponse(await requireEffectiveObservations(db, imageId));
}

/** Replaces everything annotated on the image. Throws 404, 412, 422. */
export function setReview(deps: ReviewsDependencies, call: Call<object, SetReviewBody>): Promise<ImageReviewResponse> {
  const { observations, note } = call.body;
  const taxa = observations.flatMap(({ taxonId }) => taxonId ?? []);
  return changeReview(deps, call, { note: note ?? null, taxa }, async (tx, current) => ({
    type: 'set',
    observations: await annotatedObservations(tx, deps, current, observations, (index) => `observations.${index}`),
  }));
}

/** Withdraws the annotation: the latest inference becomes effective again. Throws 404, 412. */
export function withdrawReview(deps: ReviewsDependencies, call: Call<object, undefined>): Promise<ImageReviewResponse> {
  return changeReview(deps, call, { note: null, taxa: [] }, () => Promise.resolve({ type: 'withdraw' }));
}

/** Locks an image, so that reading and writing it are one step. Returns the id of its project. Throws a 404. */
export async function lockImage(tx: DatabaseTransaction, deps: ReviewsDependencies, imageId: number): Promise<number> {
  const projectId = await findProjectOf(tx, 'images', imageId);
  if (projectId === null) throw notFound(`image ${imageId}`);
  await deps.reviews.lockImages(tx, projectId, [imageId]);
  return projectId;
}

async function changeReview(
  deps: ReviewsDependencies,
  { id, assertMatches, caller }: Pick<Call<object, unknown>, 'id' | 'assertMatches' | 'caller'>,
  { note, taxa }: { readonly note: string | null; readonly taxa: readonly number[] },
  actionOf: (tx: DatabaseTransaction, current: ImageAnnotation) => Promise<ReviewAction>,
): Promise<ImageReviewResponse> {
  return inTransaction(deps.db, async (tx) => {
    await deps.reviews.lockTaxa(tx, taxa);
    const projectId = await lockImage(tx, deps, id);
    const effective = await requireEffectiveObservations(tx, id);
    assertMatches(imageReviewResponse(effective));
    await applyAction(tx, deps, projectId, [effective], await actionOf(tx, effective), {
      ...reviewerOf(caller),
      note,
      batchId: null,
    });
    return imageReview(tx, id);
  });
}

/** The reviewer as recorded in the history. */
export function reviewerOf({ name, keyId }: Caller): { readonly name: string; readonly keyId: number | null } {
  return { name, keyId };
}

async function requireEffectiveObservations(db: Executor, imageId: number): Promise<ImageAnnotation> {
  const [found] = await readImageAnnotations(db, [imageId]);
  if (found === undefined) throw notFound(`image ${imageId}`);
  return found;
}
