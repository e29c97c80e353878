import { sql, type RawBuilder } from 'kysely';
import type { Category } from '@pugmark/domain';
import type { Executor } from '../database';
import { localTimeOf, type TimeDoubt } from '../sql/local-time';
import { imageConditions, ofRunModel, type ImageFilter, type ImageStatus } from './image-filter';

export const IMAGE_SORTS = ['id', '-id', 'capturedAt', '-capturedAt', 'confidence', '-confidence'] as const;
/** A `-` is downwards. By time or confidence, images without one are not listed. */
export type ImageSort = (typeof IMAGE_SORTS)[number];

/** Where a page begins: after this image, and what it is sorted by; of `id` the value is the id. */
export interface ImagePosition {
  readonly value: number | string;
  readonly id: number;
}

export interface ListedDetection {
  readonly category: Category;
  readonly label: string;
  readonly confidence: number;
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  readonly model: string;
  /** What classifiers say of it, each one's surest label first. */
  readonly classifications: readonly { readonly label: string; readonly score: number; readonly model: string }[];
}

export interface ListedImage {
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
  /** The local time at the deployment: what a person says, else the reading with the clock offset; null where neither is known. */
  readonly localTime: string | null;
  readonly timezone: string | null;
  readonly capturedAt: Date | null;
  /** Where the local time comes from. */
  readonly timeSource: 'exif' | 'manual' | 'none';
  readonly timeDoubt: TimeDoubt | null;
  /** Taken before the deployment's start or after its end. */
  readonly outOfDates: boolean;
  readonly cameraMake: string | null;
  readonly cameraModel: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  /** Confidence of the surest of what counts; null for a blank. */
  readonly surest: number | null;
  /** `pending` until a model has answered, else `done`; `failed` with a reason. */
  readonly status: ImageStatus;
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly warning: 'truncated' | null;
  readonly detections: readonly ListedDetection[];
}

const SORTED_BY: Readonly<Record<'id' | 'capturedAt' | 'confidence', { readonly column: RawBuilder<unknown>; readonly type: RawBuilder<unknown> }>> = {
  id: { column: sql`s.image_id`, type: sql`bigint` },
  capturedAt: { column: sql`s.captured_at`, type: sql`timestamptz` },
  confidence: { column: sql`s.confidence`, type: sql`real` },
};

/** Images with what was found in them at or above the threshold, those after a position. */
export async function listImages(db: Executor, filter: ImageFilter, after: ImagePosition | null, limit: number, sort: ImageSort = 'id'): Promise<ListedImage[]> {
  const down = sort.startsWith('-');
  const { column, type } = SORTED_BY[sort.replace('-', '') as keyof typeof SORTED_BY];
  const direction = down ? sql`desc` : sql`asc`;
  const beyond = after === null ? sql`` : sql`and (${column}, s.image_id) ${down ? sql`<` : sql`>`} (${after.value}::${type}, ${after.id}::bigint)`;
  const ofRun = filter.runId === undefined ? sql`` : sql`and t.run_id = ${filter.runId}`;
  const { rows } = await sql<ListedImage>`
    with page as materialized (
      select s.image_id, s.out_of_dates, s.confidence, ${column} as value
      from image_summaries s where ${imageConditions(filter)} and ${column} is not null ${beyond}
      order by ${column} ${direction}, s.image_id ${direction} limit ${limit}
    )
    select i.id, i.project_id as "projectId", i.deployment_id as "deploymentId", i.ingest_id as "ingestId", i.file_path as "fileName",
      encode(i.sha256, 'hex') as sha256, i.format, i.bytes, i.width, i.height,
      i.captured_local as "capturedLocal", i.captured_at as "capturedAt", p.timezone,
      case when p.id is not null or i.manual_local is not null then ${localTimeOf('i', 'p')} end as "localTime",
      case when i.manual_local is not null then 'manual' when i.captured_local is not null then 'exif' else 'none' end as "timeSource",
      i.time_doubt as "timeDoubt", page.out_of_dates as "outOfDates", i.camera_make as "cameraMake", i.camera_model as "cameraModel",
      i.latitude, i.longitude, page.confidence as surest,
      case when answer.found then 'done' when failed.code is not null then 'failed' else 'pending' end as status,
      case when not coalesce(answer.found, false) and failed.code is not null
        then jsonb_build_object('code', failed.code, 'message', failed.message) end as failure,
      answer.warning, coalesce(answer.detections, '[]') as detections
    from page join images i on i.id = page.image_id
    left join deployments p on p.id = i.deployment_id
    left join lateral (
      select true as found, max(f.warning) as warning, jsonb_agg(jsonb_build_object(
          'category', d.category, 'label', d.label, 'confidence', d.confidence,
          'box', jsonb_build_object('x', d.x, 'y', d.y, 'width', d.width, 'height', d.height),
          'model', m.name || ' ' || m.version,
          'classifications', (
            select coalesce(jsonb_agg(jsonb_build_object('label', c.label, 'score', c.score, 'model', cm.name || ' ' || cm.version) order by c.model_id, c.rank), '[]')
            from classifications c join models cm on cm.id = c.model_id where c.detection_id = d.id)) order by d.confidence desc, d.id)
        filter (where d.id is not null) as detections
      from inferences f join models m on m.id = f.model_id
      left join detections d on d.inference_id = f.id and d.confidence >= coalesce(${filter.minConfidence ?? null}::real, m.threshold)
      where f.image_id = i.id ${ofRunModel(filter.runId)}
      having count(*) > 0
    ) answer on true
    left join lateral (
      select t.error_code as code, t.error_message as message from tasks t
      where t.kind = 'detect' and t.subject_id = i.id and t.state = 'failed' ${ofRun} order by t.id desc limit 1
    ) failed on true
    order by page.value ${direction}, page.image_id ${direction}`.execute(db);
  return rows;
}

/** One image with what was found in it. */
export async function findImage(db: Executor, id: number, filter: Pick<ImageFilter, 'minConfidence'> = {}): Promise<ListedImage | null> {
  const [image] = await listImages(db, filter, { value: id - 1, id: id - 1 }, 1);
  return image?.id === id ? image : null;
}
