import { sql, type RawBuilder } from 'kysely';
import type { Database } from '../connection/database';
import { JOIN_TAXON, NOT_STATIC, JOIN_EFFECTIVE_REVIEW } from '../observations/refresh-observations';
import type { ExportFilter } from './exports.tables';

/** A row of the CSV of detections. */
export interface DetectionRow {
  readonly detectionId: number;
  readonly imageId: number;
  readonly filePath: string;
  readonly sha256: string;
  readonly deployment: string | null;
  readonly location: string | null;
  readonly capturedLocal: string | null;
  readonly timezone: string | null;
  readonly capturedAt: Date | null;
  readonly category: string;
  readonly label: string;
  readonly confidence: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly imageWidth: number;
  readonly imageHeight: number;
  readonly model: string;
  readonly modelVersion: string;
  /**
   * The label with the highest score of the run's classifier, or without a run of the classifier that was added last;
   * null without a classification.
   */
  readonly classification: string | null;
  readonly classificationScore: number | null;
  /** Name and version. */
  readonly classifier: string | null;
  /** Belongs to a static detection that was not dismissed. */
  readonly static: boolean;
  /** Outcome of the effective annotation for the detection; null: none. */
  readonly review: 'confirmed' | 'rejected' | 'relabelled' | null;
  /** The label of the annotation. */
  readonly reviewLabel: string | null;
}

/**
 * Passes all detections that match the filter to `page`, those of `pageSize` images at a time in order of image and id,
 * from one consistent snapshot and in constant memory. `total` is their number in the same snapshot. The server ends
 * idle transactions, so `page` must be quick. Not retried, because `page` has already processed rows; the export's task
 * starts again with a new file.
 */
export async function streamDetectionRows(
  db: Database,
  projectId: number,
  filter: ExportFilter,
  pageSize: number,
  page: (rows: readonly DetectionRow[], total: number) => Promise<void>,
): Promise<void> {
  const ofImage = [sql`i.project_id = ${projectId}`];
  const ofDetection = [sql`d.confidence >= coalesce(${filter.minConfidence ?? null}::real, m.threshold)`];
  if (filter.deploymentId !== undefined) ofImage.push(sql`i.deployment_id = ${filter.deploymentId}`);
  if (filter.category !== undefined) ofDetection.push(sql`d.category = ${filter.category}`);
  if (filter.runId !== undefined) {
    ofDetection.push(sql`f.model_id = (select model_id from runs where id = ${filter.runId})`);
    ofImage.push(
      sql`exists (select 1 from tasks t where t.kind = 'detect' and t.subject_id = i.id
        and t.run_id = ${filter.runId})`,
    );
  }
  const [images, detections] = [sql.join(ofImage, sql` and `), sql.join(ofDetection, sql` and `)];
  const source = (more: RawBuilder<unknown> = sql``) => sql`
    from detections d
    join inferences f on f.id = d.inference_id
    join models m on m.id = f.model_id
    join images i on i.id = d.image_id
    left join deployments p on p.id = i.deployment_id
    left join locations l on l.id = p.location_id
    ${more}
    where ${detections}`;
  await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (tx) => {
      const counted = await sql<{ total: number }>`select count(*)::int as total ${source()} and ${images}`.execute(tx);
      const total = counted.rows[0]?.total ?? 0;
      let afterId = 0;
      for (;;) {
        // First the images of the page, then their detections: a plan for both at once sorts all of a large project.
        const { rows: found } = await sql<{ id: number }>`
          select i.id from images i where ${images} and i.id > ${afterId} order by i.id limit ${pageSize}`.execute(tx);
        const ids = found.map(({ id }) => id);
        const lastId = ids.at(-1);
        if (lastId === undefined) return;
        const { rows } = await sql<DetectionRow>`
          select d.id as "detectionId", i.id as "imageId", i.file_path as "filePath", encode(i.sha256, 'hex') as sha256,
            p.name as deployment, l.name as location, i.captured_local as "capturedLocal", p.timezone, i.captured_at
              as "capturedAt",
            d.category, d.label, d.confidence, d.x, d.y, d.width, d.height, i.width as "imageWidth", i.height
              as "imageHeight",
            m.name as model, m.version as "modelVersion",
            classified.label as classification, classified.score as "classificationScore", classified.classifier,
            not ${NOT_STATIC} as static, verdict.review, verdict.label as "reviewLabel"
          ${source(sql`${joinClassification(filter)} ${JOIN_EFFECTIVE_REVIEW} ${JOIN_REVIEW_OF_DETECTION}`)}
            and d.image_id = any(${ids}::bigint[]) order by d.image_id, d.id`.execute(tx);
        // Also without rows: this is progress, too.
        await page(rows, total);
        afterId = lastId;
      }
    });
}

function joinClassification({ runId }: ExportFilter): RawBuilder<unknown> {
  const ofRun =
    runId === undefined ? sql`` : sql`and c.model_id = (select classifier_id from runs where id = ${runId})`;
  return sql`
    left join lateral (
      select c.label, c.score, cm.name || ' ' || cm.version as classifier
      from classifications c join models cm on cm.id = c.model_id
      where c.detection_id = d.id and c.rank = 1 ${ofRun} order by c.model_id desc limit 1
    ) classified on true`;
}

/**
 * Joins what the annotation of the image, which lists everything on it, says of detection `d`, as `verdict`. The
 * annotation names the detection, with the same category and label or with others. If it leaves the detection out, that
 * rejects it, unless it names something that the detection may show: of the same category, and either without a box, or
 * with a box that overlaps it and does not come from another detection of the same model.
 */
const JOIN_REVIEW_OF_DETECTION = sql`
  left join lateral (
    select coalesce(named.review, case when not omitted.may_be_shown then 'rejected' end) as review, named.label
    from (
      select coalesce(bool_or(
          observed.category = d.category and other.inference_id is distinct from d.inference_id
          and (observed.box is null
            or (observed.box->>'x')::float < d.x + d.width
            and d.x < (observed.box->>'x')::float + (observed.box->>'width')::float
            and (observed.box->>'y')::float < d.y + d.height
            and d.y < (observed.box->>'y')::float + (observed.box->>'height')::float)), false) as may_be_shown
      from jsonb_to_recordset(review.observations) as observed (category text, box jsonb, "detectionId" bigint)
      left join detections other on other.id = observed."detectionId"
    ) omitted
    left join lateral (
      select current.label,
        case when current.category = d.category and current.label = coalesce(classified.label, d.label)
          then 'confirmed' else 'relabelled' end as review
      from jsonb_to_recordset(review.observations)
        as observed (category text, label text, "taxonId" bigint, "detectionId" bigint)
      ${JOIN_TAXON}
      where observed."detectionId" = d.id limit 1
    ) named on true
    where review.observations is not null
  ) verdict on true`;
