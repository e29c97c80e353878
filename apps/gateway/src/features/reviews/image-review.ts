import {
  findProjectOf,
  inTransaction,
  readWords,
  type DatabaseTransaction,
  type Executor,
  type ImageWord,
} from '@pugmark/db';
import type { ReviewAction } from '@pugmark/domain';
import type { Caller } from '../../http/access/caller';
import { notFound } from '../../http/http-problem';
import type { Call } from '../../http/operation';
import type { ReviewsDependencies } from './reviews.dependencies';
import type { SetReviewBody } from './review-bodies.dto';
import { imageReviewResponse, type ImageReviewResponse } from './reviews.dto';
import { applyAction } from './apply-action';
import { saidObservations } from './annotated-observations';

/** Throws a 404. */
export async function imageReview(db: Executor, imageId: number): Promise<ImageReviewResponse> {
  return imageReviewResponse(await requireWord(db, imageId));
}

/** All that is on the image from now on. Throws 404, 412, 422. */
export function setReview(deps: ReviewsDependencies, call: Call<object, SetReviewBody>): Promise<ImageReviewResponse> {
  const { observations, note } = call.body;
  const taxa = observations.flatMap(({ taxonId }) => taxonId ?? []);
  return changeWord(deps, call, { note: note ?? null, taxa }, async (tx, word) => ({
    type: 'set',
    observations: await saidObservations(tx, deps, word, observations, (place) => `observations.${place}`),
  }));
}

/** The machine counts again. Throws 404, 412. */
export function withdrawReview(deps: ReviewsDependencies, call: Call<object, undefined>): Promise<ImageReviewResponse> {
  return changeWord(deps, call, { note: null, taxa: [] }, () => Promise.resolve({ type: 'withdraw' }));
}

/** Locks an image, so that nothing comes between what is read of it and what is written. Answers its project. Throws a 404. */
export async function lockImage(tx: DatabaseTransaction, deps: ReviewsDependencies, imageId: number): Promise<number> {
  const projectId = await findProjectOf(tx, 'images', imageId);
  if (projectId === null) throw notFound(`image ${imageId}`);
  await deps.reviews.lockImages(tx, projectId, [imageId]);
  return projectId;
}

async function changeWord(
  deps: ReviewsDependencies,
  { id, assertMatches, caller }: Pick<Call<object, unknown>, 'id' | 'assertMatches' | 'caller'>,
  { note, taxa }: { readonly note: string | null; readonly taxa: readonly number[] },
  actionOf: (tx: DatabaseTransaction, word: ImageWord) => Promise<ReviewAction>,
): Promise<ImageReviewResponse> {
  return inTransaction(deps.db, async (tx) => {
    await deps.reviews.holdTaxa(tx, taxa);
    const projectId = await lockImage(tx, deps, id);
    const word = await requireWord(tx, id);
    assertMatches(imageReviewResponse(word));
    await applyAction(tx, deps, projectId, [word], await actionOf(tx, word), {
      ...reviewerOf(caller),
      note,
      batchId: null,
    });
    return imageReview(tx, id);
  });
}

/** As the history names them. */
export function reviewerOf({ name, keyId }: Caller): { readonly name: string; readonly keyId: number | null } {
  return { name, keyId };
}

async function requireWord(db: Executor, imageId: number): Promise<ImageWord> {
  const [word] = await readWords(db, [imageId]);
  if (word === undefined) throw notFound(`image ${imageId}`);
  return word;
}
