import type { HistoryRow, ImageWord } from '@pugmark/db';
import {
  CATEGORIES,
  REVIEW_REFUSALS,
  type Box,
  type Category,
  type ReviewRefusal,
  type ReviewedObservation,
  type EffectiveObservations,
} from '@pugmark/domain';
import {
  About,
  Count,
  Flag,
  Fraction,
  Id,
  ListOf,
  Nested,
  OneOf,
  OrNull,
  Time,
  Uuid,
  Words,
} from '../../http/dto/fields';
import { BoxResponse } from '../images/images.dto';

export class ReviewedObservationResponse {
  @OneOf(CATEGORIES)
  readonly category!: Category;

  @Words()
  readonly label!: string;

  @About('The species of the project by which a person named it.')
  @OrNull()
  @Id()
  readonly taxonId!: number | null;

  @Count()
  readonly individuals!: number;

  @OrNull()
  @Nested(BoxResponse)
  readonly box!: BoxResponse | null;

  @About('The detection that it rests on; null: a person saw what the machine did not.')
  @OrNull()
  @Id()
  readonly detectionId!: number | null;
}

export class ProposedObservationResponse extends ReviewedObservationResponse {
  @Fraction()
  readonly confidence!: number;
}

class ProposalResponse {
  @Words()
  readonly model!: string;

  @About('None: the model takes the image for a blank.')
  @ListOf(ProposedObservationResponse)
  readonly observations!: readonly ProposedObservationResponse[];
}

class CountingReviewResponse {
  @Id()
  readonly id!: number;

  @About('What was done: an action, `set` for all at once, `redo` for an undone one that was said again.')
  @Words()
  readonly action!: string;

  @OrNull()
  @Words()
  readonly note!: string | null;

  @About('The name of the key at that time.')
  @Words()
  readonly reviewer!: string;

  @OrNull()
  @Id()
  readonly keyId!: number | null;

  @Time()
  readonly at!: string;

  @About('Of the request that said the same of several images.')
  @OrNull()
  @Uuid()
  readonly batchId!: string | null;
}

export class ImageReviewResponse {
  @Id()
  readonly imageId!: number;

  @About('Whose word counts; `none`: no model has looked at the image yet, and no person.')
  @OneOf(['human', 'machine', 'none'])
  readonly source!: EffectiveObservations['source'];

  @About('What counts; none: a blank, unless nobody has looked.')
  @ListOf(ReviewedObservationResponse)
  readonly observations!: readonly ReviewedObservationResponse[];

  @About('Null: no human’s word counts.')
  @OrNull()
  @Nested(CountingReviewResponse)
  readonly review!: CountingReviewResponse | null;

  @About('What the model proposes that looked last; null: none has.')
  @OrNull()
  @Nested(ProposalResponse)
  readonly machine!: ProposalResponse | null;
}

export class HistoryEntryResponse extends CountingReviewResponse {
  @About('All that was on the image from then on; null: the machine counted again.')
  @OrNull()
  @ListOf(ReviewedObservationResponse)
  readonly observations!: readonly ReviewedObservationResponse[] | null;

  @OrNull()
  @Time()
  readonly undoneAt!: string | null;

  @OrNull()
  @Words()
  readonly undoneBy!: string | null;

  @About('`redo`: the review that was said again.')
  @OrNull()
  @Id()
  readonly redoOf!: number | null;

  @About('It is the one that counts.')
  @Flag()
  readonly counts!: boolean;
}

const OUTCOMES = ['changed', 'unchanged', 'refused', 'undone'] as const;

class ReasonResponse {
  @OneOf([...Object.keys(REVIEW_REFUSALS), 'already_undone', 'not_latest'])
  readonly code!: ReviewRefusal | 'already_undone' | 'not_latest';

  @Words()
  readonly message!: string;
}

export class ImageOutcomeResponse {
  @Id()
  readonly imageId!: number;

  @About('`unchanged`: the human’s word was so already.')
  @OneOf(OUTCOMES)
  readonly outcome!: (typeof OUTCOMES)[number];

  @About('The review that was added or undone, or was to be.')
  @OrNull()
  @Id()
  readonly reviewId!: number | null;

  @About('Why it was refused.')
  @OrNull()
  @Nested(ReasonResponse)
  readonly reason!: ReasonResponse | null;
}

/** What became of each image. */
export class ReviewBatchResponse {
  @About('By this all of it can be undone.')
  @Uuid()
  readonly batchId!: string;

  @Count()
  readonly changed!: number;

  @Count()
  readonly unchanged!: number;

  @Count()
  readonly refused!: number;

  @ListOf(ImageOutcomeResponse)
  readonly images!: readonly ImageOutcomeResponse[];
}

export function imageReviewResponse({
  imageId,
  source,
  observations,
  review,
  machine,
}: ImageWord): ImageReviewResponse {
  return {
    imageId,
    source,
    observations: observations.map(observationResponse),
    review: review === null ? null : { ...review, at: review.at.toISOString() },
    machine:
      machine === null
        ? null
        : {
            model: machine.model,
            observations: machine.observations.map((one) => ({
              ...observationResponse(one),
              confidence: one.confidence,
            })),
          },
  };
}

export function historyEntryResponse(row: HistoryRow): HistoryEntryResponse {
  return {
    id: row.id,
    action: row.action,
    observations: row.observations?.map(observationResponse) ?? null,
    note: row.note,
    reviewer: row.reviewer,
    keyId: row.key_id,
    at: row.created_at.toISOString(),
    undoneAt: row.undone_at?.toISOString() ?? null,
    undoneBy: row.undone_by,
    batchId: row.batch_id,
    redoOf: row.redo_of,
    counts: row.counts,
  };
}

function observationResponse({
  category,
  label,
  taxonId,
  individuals,
  box,
  detectionId,
}: ReviewedObservation): ReviewedObservationResponse {
  return { category, label, taxonId, individuals, box: box === null ? null : boxResponse(box), detectionId };
}

function boxResponse({ x, y, width, height }: Box): BoxResponse {
  return { x, y, width, height };
}
