import type { ReviewHistoryRow, ImageAnnotation } from '@pugmark/db';
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
  Description,
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
  AnyText,
} from '../../http/dto/fields';
import { BoxResponse } from '../images/images.dto';

export class ReviewedObservationResponse {
  @OneOf(CATEGORIES)
  readonly category!: Category;

  @AnyText()
  readonly label!: string;

  @Description('The taxon of the project by which a person named it.')
  @OrNull()
  @Id()
  readonly taxonId!: number | null;

  @Count()
  readonly individuals!: number;

  @OrNull()
  @Nested(BoxResponse)
  readonly box!: BoxResponse | null;

  @Description('The detection that it refers to; null: a person saw what the model did not.')
  @OrNull()
  @Id()
  readonly detectionId!: number | null;
}

export class ProposedObservationResponse extends ReviewedObservationResponse {
  @Fraction()
  readonly confidence!: number;
}

class ProposalResponse {
  @AnyText()
  readonly model!: string;

  @Description('Empty: the model found the image blank.')
  @ListOf(ProposedObservationResponse)
  readonly observations!: readonly ProposedObservationResponse[];
}

class EffectiveReviewResponse {
  @Id()
  readonly id!: number;

  @Description('The action, or `set` for everything at once, `redo` for a repeated one.')
  @AnyText()
  readonly action!: string;

  @OrNull()
  @AnyText()
  readonly note!: string | null;

  @Description('The name of the key at that time.')
  @AnyText()
  readonly reviewer!: string;

  @OrNull()
  @Id()
  readonly keyId!: number | null;

  @Time()
  readonly at!: string;

  @Description('The request that changed several images.')
  @OrNull()
  @Uuid()
  readonly batchId!: string | null;
}

export class ImageReviewResponse {
  @Id()
  readonly imageId!: number;

  @Description('Source of the effective observations; `none`: neither processed nor reviewed.')
  @OneOf(['human', 'machine', 'none'])
  readonly source!: EffectiveObservations['source'];

  @Description('The effective observations; empty: a blank, unless the source is `none`.')
  @ListOf(ReviewedObservationResponse)
  readonly observations!: readonly ReviewedObservationResponse[];

  @Description('Null: no annotation is effective.')
  @OrNull()
  @Nested(EffectiveReviewResponse)
  readonly review!: EffectiveReviewResponse | null;

  @Description('The proposal of the latest inference; null: there is none.')
  @OrNull()
  @Nested(ProposalResponse)
  readonly machine!: ProposalResponse | null;
}

export class HistoryEntryResponse extends EffectiveReviewResponse {
  @Description('Everything on the image from then on; null: the inference became effective again.')
  @OrNull()
  @ListOf(ReviewedObservationResponse)
  readonly observations!: readonly ReviewedObservationResponse[] | null;

  @OrNull()
  @Time()
  readonly undoneAt!: string | null;

  @OrNull()
  @AnyText()
  readonly undoneBy!: string | null;

  @Description('`redo`: the review that was repeated.')
  @OrNull()
  @Id()
  readonly redoOf!: number | null;

  @Description('It is the effective one.')
  @Flag()
  readonly isEffective!: boolean;
}

const OUTCOMES = ['changed', 'unchanged', 'refused', 'undone'] as const;

class ReasonResponse {
  @OneOf([...Object.keys(REVIEW_REFUSALS), 'already_undone', 'not_latest'])
  readonly code!: ReviewRefusal | 'already_undone' | 'not_latest';

  @AnyText()
  readonly message!: string;
}

export class ImageOutcomeResponse {
  @Id()
  readonly imageId!: number;

  @Description('`unchanged`: the annotation was already the same.')
  @OneOf(OUTCOMES)
  readonly outcome!: (typeof OUTCOMES)[number];

  @Description('The review that was added or undone.')
  @OrNull()
  @Id()
  readonly reviewId!: number | null;

  @Description('Why it was refused.')
  @OrNull()
  @Nested(ReasonResponse)
  readonly reason!: ReasonResponse | null;
}

/** The outcome per image. */
export class ReviewBatchResponse {
  @Description('With this id all of it can be undone.')
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
}: ImageAnnotation): ImageReviewResponse {
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

export function historyEntryResponse(row: ReviewHistoryRow): HistoryEntryResponse {
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
    isEffective: row.isEffective,
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
