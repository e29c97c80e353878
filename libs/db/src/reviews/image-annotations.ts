import { sql } from 'kysely';
import type { ReviewAction, ReviewedObservation, Word } from '@pugmark/domain';
import type { Executor } from '../connection/database';
import { ANSWER, NAMED, NOT_STATIC, REVIEW } from '../observations/refresh-observations';

/** What counts for an image, and what stands beside it. */
export interface ImageWord extends Word {
  readonly imageId: number;
  readonly projectId: number;
  /** The review that counts; null: the machine's word does, or nobody's. */
  readonly review: CountingReview | null;
  /** What the model proposes that looked last; null: none has looked. */
  readonly machine: { readonly model: string; readonly observations: readonly ProposedObservation[] } | null;
}

export interface CountingReview {
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

type Row = Omit<ImageWord, 'review'> & {
  readonly [Field in keyof CountingReview as `said_${Field}`]: CountingReview[Field] | null;
};

/** In order of their ids; what is not there is missing. The surest proposals come first. */
export async function readWords(db: Executor, imageIds: readonly number[]): Promise<ImageWord[]> {
  const { rows } = await sql<Row>`
    select i.id as "imageId", i.project_id as "projectId",
      case when review.observations is not null then 'human' when answer.id is not null then 'machine' else 'none' end as source,
      coalesce(word.observations, review.observations, proposed.observations, '[]') as observations,
      case when answer.id is not null then jsonb_build_object(
        'model', (select m.name || ' ' || m.version from inferences f join models m on m.id = f.model_id where f.id = answer.id),
        'observations', coalesce(proposed.observations, '[]')) end as machine,
      said.id as "said_id", said.action as "said_action", said.reviewer as "said_reviewer", said.key_id as "said_keyId", said.note as "said_note",
      said.batch_id as "said_batchId", said.created_at as "said_at"
    from images i ${REVIEW} ${ANSWER}
    left join lateral (
      select jsonb_agg(given.one || jsonb_build_object('category', named.category, 'label', named.label) order by given.place) as observations
      from jsonb_array_elements(review.observations) with ordinality as given (one, place)
      cross join lateral jsonb_to_record(given.one) as seen (category text, label text, "taxonId" bigint)
      ${NAMED}
    ) word on true
    left join reviews said on said.id = review.id and review.observations is not null
    left join lateral (
      select jsonb_agg(jsonb_build_object('category', d.category, 'label', coalesce(named.label, d.label), 'taxonId', null, 'individuals', 1,
        'box', jsonb_build_object('x', d.x, 'y', d.y, 'width', d.width, 'height', d.height), 'detectionId', d.id, 'confidence', d.confidence) order by d.confidence desc, d.id) as observations
      from detections d
      left join lateral (select c.label from classifications c where c.detection_id = d.id and c.rank = 1 order by c.model_id desc limit 1) named on true
      where d.inference_id = answer.id and d.confidence >= answer.threshold and ${NOT_STATIC}
    ) proposed on true
    where i.id = any(${[...imageIds]}::bigint[])
    order by i.id`.execute(db);
  return rows.map(({ imageId, projectId, source, observations, machine, ...said }) => ({
    imageId,
    projectId,
    source,
    observations,
    machine,
    review: reviewOf(said),
  }));
}

function reviewOf(said: Omit<Row, keyof ImageWord>): CountingReview | null {
  if (said.said_id === null) return null;
  return {
    id: said.said_id,
    action: said.said_action!,
    reviewer: said.said_reviewer!,
    keyId: said.said_keyId,
    note: said.said_note,
    batchId: said.said_batchId,
    at: said.said_at!,
  };
}
