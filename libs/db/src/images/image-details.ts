import { sql, type RawBuilder } from 'kysely';
import type { Category } from '@pugmark/domain';
import type { Executor } from '../connection/database';
import { PREPARED } from '../connection/prepared-statements';
import { IS_STATIC } from '../static-detections/is-static';
import { localTimeOf, isOutsideDeployment, type DstIssue } from '../sql/local-time';
import { andModelOfRun, type ImageFilter, type ImageStatus } from './image-filter';

export interface ListedDetection {
  readonly id: number;
  readonly category: Category;
  readonly label: string;
  readonly confidence: number;
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  readonly model: string;
  /** Belongs to a static detection, and is not effective for that reason. */
  readonly static: boolean;
  /** Labels of classifiers, for each classifier in descending order of score. */
  readonly classifications: readonly { readonly label: string; readonly score: number; readonly model: string }[];
}

export interface ImageDetails {
  readonly id: number;
  readonly projectId: number;
  readonly deploymentId: number | null;
  readonly ingestId: number;
  readonly fileName: string;
  readonly sha256: string;
  readonly format: string;
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
  readonly capturedLocal: string | null;
  /**
   * The local time at the deployment: the one that a person entered, else the camera's reading plus the clock offset;
   * null if neither is known.
   */
  readonly localTime: string | null;
  readonly timezone: string | null;
  readonly capturedAt: Date | null;
  /** The source of the local time. */
  readonly timeSource: 'exif' | 'manual' | 'none';
  readonly dstIssue: DstIssue | null;
  /** Captured before the start or after the end of the deployment. */
  readonly isOutsideDeployment: boolean;
  readonly cameraMake: string | null;
  readonly cameraModel: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  /** `pending` until a model has processed the image, then `done`; `failed` with a reason. */
  readonly status: ImageStatus;
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly warning: 'truncated' | null;
  readonly detections: readonly ListedDetection[];
}

/** Reads these images with their detections at or above the threshold, by id. */
export async function findImageDetails(
  db: Executor,
  ids: readonly number[],
  filter: DetailsFilter,
): Promise<ReadonlyMap<number, ImageDetails>> {
  if (ids.length === 0) return new Map();
  const { rows } = await sql<
    DetailsRow<null>
  >`${PREPARED} ${selectDetails(sql`(select unnest(${[...ids]}::bigint[]), null)`, filter)}`.execute(db);
  return new Map(rows.map((row) => [row.id, toImageDetails(row)]));
}

/** The properties of a filter that change the details. */
export type DetailsFilter = Pick<ImageFilter, 'runId' | 'minConfidence'>;

/** In the order of `selectDetails`: JSON with property names doubles the cost of the statement. */
type DetectionColumns = readonly [
  id: number,
  category: Category,
  label: string,
  confidence: number,
  x: number,
  y: number,
  width: number,
  height: number,
  model: string,
  isStatic: boolean,
  classifications: readonly (readonly [label: string, score: number, model: string])[] | null,
];

/** The row as Postgres returns it; see `toImageDetails`. */
export type DetailsRow<Value> = Omit<ImageDetails, 'detections'> & {
  readonly detections: readonly DetectionColumns[] | null;
  readonly value: Value;
};

/** Selects the details of the images in `which`, a query of ids and a value each, together with that value. */
export function selectDetails(
  which: RawBuilder<unknown>,
  { runId, minConfidence }: DetailsFilter,
): RawBuilder<unknown> {
  const ofRun = runId === undefined ? sql`` : sql`and t.run_id = ${runId}`;
  return sql`
    select i.id, i.project_id as "projectId", i.deployment_id as "deploymentId", i.ingest_id as "ingestId", i.file_path
      as "fileName",
      encode(i.sha256, 'hex') as sha256, i.format, i.bytes, i.width, i.height,
      i.captured_local as "capturedLocal", i.captured_at as "capturedAt", p.timezone,
      case when p.id is not null or i.manual_local is not null then ${localTimeOf('i', 'p')} end as "localTime",
      case when i.manual_local is not null then 'manual' when i.captured_local is not null then 'exif' else 'none' end
        as "timeSource",
      i.dst_issue as "dstIssue", ${isOutsideDeployment('i', 'p')} as "isOutsideDeployment", i.camera_make
        as "cameraMake", i.camera_model as "cameraModel",
      i.latitude, i.longitude, requested.value, latest.warning, latest.detections,
      case when latest.found then 'done' when failed.code is not null then 'failed' else 'pending' end as status,
      case when failed.code is not null then json_build_object('code', failed.code, 'message', failed.message) end
        as failure
    from ${which} requested (id, value) join images i on i.id = requested.id
    left join deployments p on p.id = i.deployment_id
    cross join lateral (
      select count(*) > 0 as found, max(f.warning) as warning, json_agg(json_build_array(
          d.id, d.category, d.label, d.confidence, d.x, d.y, d.width, d.height, m.name || ' ' || m.version,
            ${IS_STATIC}, (
            select json_agg(json_build_array(c.label, c.score, cm.name || ' ' || cm.version)
              order by c.model_id, c.rank)
            from classifications c join models cm on cm.id = c.model_id where c.detection_id = d.id)))
        filter (where d.id is not null) as detections
      from inferences f join models m on m.id = f.model_id
      left join detections d on d.inference_id = f.id
        and d.confidence >= coalesce(${minConfidence ?? null}::real, m.threshold)
      where f.image_id = i.id ${andModelOfRun(runId)}
    ) latest
    left join lateral (
      select t.error_code as code, t.error_message as message from tasks t
      where not latest.found and t.kind = 'detect' and t.subject_id = i.id and t.state = 'failed' ${ofRun}
        order by t.id desc limit 1
    ) failed on true`;
}

/**
 * Replaces the detections of the row by objects, in descending order of confidence. Changes the row: copying all
 * columns would take longer than everything else. Sorted here, because a sort in Postgres for each image is slower.
 */
export function toImageDetails(row: DetailsRow<unknown>): ImageDetails {
  const detections = (row.detections ?? [])
    .map(toListedDetection)
    .sort((a, b) => b.confidence - a.confidence || a.id - b.id);
  return Object.assign(row as Omit<ImageDetails, 'detections'>, { detections });
}

function toListedDetection([
  id,
  category,
  label,
  confidence,
  x,
  y,
  width,
  height,
  model,
  isStatic,
  classifications,
]: DetectionColumns): ListedDetection {
  return {
    id,
    category,
    label,
    confidence,
    box: { x, y, width, height },
    model,
    static: isStatic,
    classifications: (classifications ?? []).map(([name, score, classifier]) => ({
      label: name,
      score,
      model: classifier,
    })),
  };
}

/** Finds one image with its detections. */
export async function findImage(
  db: Executor,
  id: number,
  filter: Pick<ImageFilter, 'minConfidence'> = {},
): Promise<ImageDetails | null> {
  return (await findImageDetails(db, [id], filter)).get(id) ?? null;
}
