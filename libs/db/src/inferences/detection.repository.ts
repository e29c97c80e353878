import { sql } from 'kysely';
import type { Category, Detection } from '@pugmark/domain';
import type { DatabaseTransaction } from '../connection/database';
import { refreshObservations } from '../observations/refresh-observations';
import { markStaticDetectionsStale } from '../static-detections/mark-static-detections-stale';

/** The result of one model for one image. */
export interface ImageResult {
  readonly imageId: number;
  readonly modelId: number;
  readonly engine: string;
  readonly warning: 'truncated' | null;
  readonly decodeMs: number;
  readonly inferMs: number;
  readonly detections: readonly Detection[];
}

export class DetectionRepository {
  /**
   * Stores results, once for each image, model and stage; existing ones are not changed. Takes a few statements for a
   * batch of any size.
   */
  async insertNew(tx: DatabaseTransaction, results: readonly ImageResult[]): Promise<void> {
    if (results.length === 0) return;
    const inserted = await tx
      .insertInto('inferences')
      .values(
        results.map((result) => ({
          image_id: result.imageId,
          model_id: result.modelId,
          stage: 'detect' as const,
          engine: result.engine,
          warning: result.warning,
          decode_ms: result.decodeMs,
          infer_ms: result.inferMs,
          animal: maxConfidence(result, 'animal'),
          person: maxConfidence(result, 'person'),
          vehicle: maxConfidence(result, 'vehicle'),
        })),
      )
      .onConflict((conflict) => conflict.columns(['image_id', 'model_id', 'stage']).doNothing())
      .returning(['id', 'image_id', 'model_id'])
      .execute();
    const inferenceIds = new Map(inserted.map((row) => [`${row.image_id}/${row.model_id}`, row.id]));
    const rows = results.flatMap((result) => {
      const inferenceId = inferenceIds.get(`${result.imageId}/${result.modelId}`);
      return inferenceId === undefined
        ? []
        : result.detections.map((detection) => ({ inferenceId, imageId: result.imageId, detection }));
    });
    if (rows.length > 0) await this.#insertDetections(tx, rows);
    const imageIds = inserted.map((row) => row.image_id);
    await refreshObservations(tx, imageIds);
    await markStaticDetectionsStale(tx, imageIds);
  }

  async #insertDetections(
    tx: DatabaseTransaction,
    rows: readonly { readonly inferenceId: number; readonly imageId: number; readonly detection: Detection }[],
  ): Promise<void> {
    // unnest: one parameter for each column, however many rows. (Postgres takes at most 65,535 parameters.)
    await sql`
      insert into detections (inference_id, image_id, category, label, confidence, x, y, width, height)
      select * from unnest(
        ${rows.map((r) => r.inferenceId)}::bigint[], ${rows.map((r) => r.imageId)}::bigint[],
        ${rows.map((r) => r.detection.category)}::text[], ${rows.map((r) => r.detection.label)}::text[],
        ${rows.map((r) => r.detection.confidence)}::real[],
        ${rows.map((r) => r.detection.box.x)}::real[], ${rows.map((r) => r.detection.box.y)}::real[],
        ${rows.map((r) => r.detection.box.width)}::real[], ${rows.map((r) => r.detection.box.height)}::real[]
      )`.execute(tx);
  }
}

function maxConfidence({ detections }: ImageResult, category: Category): number | null {
  const confidences = detections.filter((one) => one.category === category).map(({ confidence }) => confidence);
  return confidences.length === 0 ? null : Math.max(...confidences);
}
