import type { DatabaseTransaction, ImageWord, NewReview, Reviewer } from '@pugmark/db';
import { applyReviewAction, type ReviewRefusal, type ReviewAction } from '@pugmark/domain';
import type { ReviewsDependencies } from './reviews.dependencies';

/** What became of images. */
export interface Applied {
  readonly changed: readonly NewReview[];
  readonly unchanged: readonly number[];
  readonly refused: Readonly<Partial<Record<ReviewRefusal, readonly number[]>>>;
}

/** Does an action to what counts for images of one project, which must be locked and read after that. */
export async function applyAction(
  tx: DatabaseTransaction,
  deps: ReviewsDependencies,
  projectId: number,
  words: readonly ImageWord[],
  action: ReviewAction,
  reviewer: Reviewer,
): Promise<Applied> {
  const changed: NewReview[] = [];
  const unchanged: number[] = [];
  const refused: Partial<Record<ReviewRefusal, number[]>> = {};
  for (const word of words) {
    const { imageId } = word;
    const then = applyReviewAction(word, action);
    if (then.outcome === 'refused') (refused[then.reason] ??= []).push(imageId);
    else if (then.outcome === 'changed')
      changed.push({ imageId, action: action.type, observations: then.observations });
    // A note is worth keeping, also where it says nothing new.
    else if (reviewer.note !== null && word.source === 'human')
      changed.push({ imageId, action: action.type, observations: word.observations });
    else unchanged.push(imageId);
  }
  await deps.reviews.add(tx, projectId, reviewer, changed);
  return { changed, unchanged, refused };
}
