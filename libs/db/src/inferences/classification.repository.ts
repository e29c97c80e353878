import { sql } from 'kysely';
import type { Box, Classification } from '@pugmark/domain';
import type { DatabaseTransaction, Executor } from '../connection/database';
import { refreshObservations } from '../observations/refresh-observations';

/** A detection that a run's classifier is applied to. */
export interface CropToClassify {
  readonly detectionId: number;
  readonly box: Box;
}

/** Labels of one classifier for the detections of one image. */
export interface ClassifyResult {
  readonly modelId: number;
  readonly engine: string;
  readonly detections: readonly { readonly detectionId: number; readonly classifications: readonly Classification[] }[];
}

export class ClassificationRepository {
  /**
   * Creates a classify task for each of these images in which the run's detector found something to classify; none for
   * runs without a classifier. In the transaction that ends the detect tasks, so that a run is never done before they
   * exist.
   */
  async createTasks(tx: DatabaseTransaction, detectTaskIds: readonly number[]): Promise<void> {
    if (detectTaskIds.length === 0) return;
    await sql`
      insert into tasks (kind, subject_id, run_id, priority, paused, traceparent)
      select 'classify', t.subject_id, t.run_id, r.priority, r.paused_at is not null, t.traceparent
      from tasks t join runs r on r.id = t.run_id
      where t.id = any(${[...detectTaskIds]}::bigint[]) and r.classifier_id is not null and exists (
        select 1 from inferences i join detections d on d.inference_id = i.id
        where i.image_id = t.subject_id and i.model_id = r.model_id and i.stage = 'detect'
          and d.category = r.classify_category and d.confidence >= r.classify_threshold)
      order by t.id
      on conflict do nothing`.execute(tx);
  }

  /** Finds the detections to classify in these images, by image id, in descending order of confidence. */
  async findCrops(db: Executor, runId: number, imageIds: readonly number[]): Promise<Map<number, CropToClassify[]>> {
    const { rows } = await sql<{
      imageId: number;
      detectionId: number;
      x: number;
      y: number;
      width: number;
      height: number;
    }>`
      select d.image_id as "imageId", d.id as "detectionId", d.x, d.y, d.width, d.height
      from runs r
      join inferences i on i.model_id = r.model_id and i.stage = 'detect'
        and i.image_id = any(${[...imageIds]}::bigint[])
      join detections d on d.inference_id = i.id and d.category = r.classify_category
        and d.confidence >= r.classify_threshold
      where r.id = ${runId} order by d.confidence desc, d.id`.execute(db);
    const crops = new Map<number, CropToClassify[]>();
    for (const { imageId, detectionId, ...box } of rows)
      crops.set(imageId, [...(crops.get(imageId) ?? []), { detectionId, box }]);
    return crops;
  }

  /** Stores classifications, once for each detection and model; existing ones are not changed. */
  async insertNew(tx: DatabaseTransaction, results: readonly ClassifyResult[]): Promise<void> {
    const rows = results.flatMap(({ modelId, engine, detections }) =>
      detections.flatMap(({ detectionId, classifications }) =>
        classifications.map(({ label, score }, index) => ({
          detectionId,
          modelId,
          rank: index + 1,
          label,
          score,
          engine,
        })),
      ),
    );
    if (rows.length === 0) return;
    await sql`
      insert into classifications (detection_id, model_id, rank, label, score, engine)
      select * from unnest(
        ${rows.map((r) => r.detectionId)}::bigint[], ${rows.map((r) => r.modelId)}::bigint[],
          ${rows.map((r) => r.rank)}::smallint[],
        ${rows.map((r) => r.label)}::text[], ${rows.map((r) => r.score)}::real[], ${rows.map((r) => r.engine)}::text[])
      on conflict do nothing`.execute(tx);
    const images = await tx
      .selectFrom('detections')
      .select('image_id')
      .distinct()
      .where('id', 'in', [...new Set(rows.map((r) => r.detectionId))])
      .execute();
    await refreshObservations(
      tx,
      images.map((row) => row.image_id),
    );
  }
}
