import { sql } from 'kysely';
import type { ReviewAction, ReviewedObservation, EffectiveObservations } from '@pugmark/domain';
import type { Executor } from '../connection/database';
import {
  JOIN_LATEST_INFERENCE,
  JOIN_TAXON,
  NOT_STATIC,
  JOIN_EFFECTIVE_REVIEW,
} from '../observations/refresh-observations';

/** The effective observations of an image, with their source. */
export interface ImageAnnotation extends EffectiveObservations {
  readonly imageId: number;
  readonly projectId: number;
  /** The effective review; null: the inference is effective, or there is none. */
  readonly review: EffectiveReview | null;
  /** Proposal of the latest inference; null: no model has processed the image. */
  readonly machine: { readonly model: string; readonly observations: readonly ProposedObservation[] } | null;
}

export interface EffectiveReview {
  readonly id: number;
  readonly action: ReviewAction['type'] | 'redo';
  readonly reviewer: string;
  readonly keyId: number | null;
  readonly note: string | null;
  readonly batchId: string | null;
  readonly at: Date;
}

export interface ProposedObservation extends ReviewedObservation {
  readonly confidence: number;
}

type Row = Omit<ImageAnnotation, 'review'> & {
  readonly [Field in keyof EffectiveReview as `review_${Field}`]: EffectiveReview[Field] | null;
};

/**
 * Annotations of these images in order of id; unknown ids are left out. Proposals come in descending order of
 * confidence.
 */
export async function readImageAnnotations(db: Executor, imageIds: readonly number[]): Promise<ImageAnnotation[]> {
  const { rows } = await sql<Row>`
    select i.id as "imageId", i.project_id as "projectId",
      case when review.observations is not null then 'human' when latest.id is not null then 'machine' else 'none' end
        as source,
      coalesce(annotation.observations, review.observations, proposed.observations, '[]') as observations,
      case when latest.id is not null then jsonb_build_object(
        'model', (
          select m.name || ' ' || m.version from inferences f join models m on m.id = f.model_id where f.id = latest.id
        ),
        'observations', coalesce(proposed.observations, '[]')) end as machine,
      r.id as "review_id", r.action as "review_action", r.reviewer as "review_reviewer", r.key_id as "review_keyId",
      r.note as "review_note", r.batch_id as "review_batchId", r.created_at as "review_at"
    from images i ${JOIN_EFFECTIVE_REVIEW} ${JOIN_LATEST_INFERENCE}
    left join lateral (
      select jsonb_agg(
        item.value || jsonb_build_object('category', current.category, 'label', current.label) order by item.position
      ) as observations
      from jsonb_array_elements(review.observations) with ordinality as item (value, position)
      cross join lateral jsonb_to_record(item.value) as observed (category text, label text, "taxonId" bigint)
      ${JOIN_TAXON}
    ) annotation on true
    left join reviews r on r.id = review.id and review.observations is not null
    left join lateral (
      select jsonb_agg(jsonb_build_object(
        'category', d.category, 'label', coalesce(classified.label, d.label), 'taxonId', null, 'individuals', 1,
        'box', jsonb_build_object('x', d.x, 'y', d.y, 'width', d.width, 'height', d.height),
        'detectionId', d.id, 'confidence', d.confidence) order by d.confidence desc, d.id) as observations
      from detections d
      left join lateral (
        select c.label from classifications c
        where c.detection_id = d.id and c.rank = 1 order by c.model_id desc limit 1
      ) classified on true
      where d.inference_id = latest.id and d.confidence >= latest.threshold and ${NOT_STATIC}
    ) proposed on true
    where i.id = any(${[...imageIds]}::bigint[])
    order by i.id`.execute(db);
  return rows.map(({ imageId, projectId, source, observations, machine, ...review }) => ({
    imageId,
    projectId,
    source,
    observations,
    machine,
    review: toEffectiveReview(review),
  }));
}

function toEffectiveReview(row: Omit<Row, keyof ImageAnnotation>): EffectiveReview | null {
  if (row.review_id === null) return null;
  return {
    id: row.review_id,
    action: row.review_action!,
    reviewer: row.review_reviewer!,
    keyId: row.review_keyId,
    note: row.review_note,
    batchId: row.review_batchId,
    at: row.review_at!,
  };
}
