import type { DatabaseTransaction, ImageAnnotation, NewReview, Reviewer } from '@pugmark/db';
import { applyReviewAction, type ReviewRefusal, type ReviewAction } from '@pugmark/domain';
import type { ReviewsDependencies } from './reviews.dependencies';

/** The outcome per image. */
export interface ActionOutcome {
  readonly changed: readonly NewReview[];
  readonly unchanged: readonly number[];
  readonly refused: Readonly<Partial<Record<ReviewRefusal, readonly number[]>>>;
}

/**
 * Applies an action to the effective observations of images of one project, which must be locked and read after that.
 */
export async function applyAction(
  tx: DatabaseTransaction,
  deps: ReviewsDependencies,
  projectId: number,
  current: readonly ImageAnnotation[],
  action: ReviewAction,
  reviewer: Reviewer,
): Promise<ActionOutcome> {
  const changed: NewReview[] = [];
  const unchanged: number[] = [];
  const refused: Partial<Record<ReviewRefusal, number[]>> = {};
  for (const observations of current) {
    const { imageId } = observations;
    const result = applyReviewAction(observations, action);
    if (result.outcome === 'refused') (refused[result.reason] ??= []).push(imageId);
    else if (result.outcome === 'changed')
      changed.push({ imageId, action: action.type, observations: result.observations });
    // A note is kept even when nothing else changes.
    else if (reviewer.note !== null && observations.source === 'human')
      changed.push({ imageId, action: action.type, observations: observations.observations });
    else unchanged.push(imageId);
  }
  await deps.reviews.add(tx, projectId, reviewer, changed);
  return { changed, unchanged, refused };
}
