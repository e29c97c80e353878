import { sql, type RawBuilder } from 'kysely';
import type { Category } from '@pugmark/domain';
import type { Executor } from '../database';
import { IS_STATIC } from '../sql/is-static';
import { localTimeOf, type TimeDoubt } from '../sql/local-time';
import { conditionsBesideLabel, imageConditions, observationsCalled, ofRunModel, type ImageFilter, type ImageStatus } from './image-filter';

export const IMAGE_SORTS = ['id', '-id', 'capturedAt', '-capturedAt', 'confidence', '-confidence'] as const;
/** A `-` is downwards. By time or confidence, images without one are not listed. */
export type ImageSort = (typeof IMAGE_SORTS)[number];

/** Where an image stands: what it is sorted by, of `id` the id, and which one it is. A time is ISO 8601. */
export interface ImagePosition {
  readonly value: number | string;
  readonly id: number;
}

export interface ListedDetection {
  readonly id: number;
  readonly category: Category;
  readonly label: string;
  readonly confidence: number;
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  readonly model: string;
  /** It is there all the time, and does not count for that reason. */
  readonly static: boolean;
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
  /** In the list that was asked for. */
  readonly position: ImagePosition;
  /** `pending` until a model has answered, else `done`; `failed` with a reason. */
  readonly status: ImageStatus;
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly warning: 'truncated' | null;
  readonly detections: readonly ListedDetection[];
}

type SortKey = 'id' | 'capturedAt' | 'confidence';

const COLUMNS: Readonly<Record<SortKey, { readonly name: string; readonly type: RawBuilder<unknown> }>> = {
  id: { name: 'image_id', type: sql`bigint` },
  capturedAt: { name: 'captured_at', type: sql`timestamptz` },
  confidence: { name: 'confidence', type: sql`real` },
};

/** Images with what was found in them at or above the threshold, those after a position. */
export async function listImages(db: Executor, filter: ImageFilter, after: ImagePosition | null, limit: number, sort: ImageSort = 'id'): Promise<ListedImage[]> {
  const direction = sort.startsWith('-') ? sql`desc` : sql`asc`;
  const ofRun = filter.runId === undefined ? sql`` : sql`and t.run_id = ${filter.runId}`;
  const { rows } = await sql<Omit<ListedImage, 'position'> & { value: number | Date }>`
    with page as materialized (${pageOf(filter, after, limit, sort)})
    select i.id, i.project_id as "projectId", i.deployment_id as "deploymentId", i.ingest_id as "ingestId", i.file_path as "fileName",
      encode(i.sha256, 'hex') as sha256, i.format, i.bytes, i.width, i.height,
      i.captured_local as "capturedLocal", i.captured_at as "capturedAt", p.timezone,
      case when p.id is not null or i.manual_local is not null then ${localTimeOf('i', 'p')} end as "localTime",
      case when i.manual_local is not null then 'manual' when i.captured_local is not null then 'exif' else 'none' end as "timeSource",
      i.time_doubt as "timeDoubt", page.out_of_dates as "outOfDates", i.camera_make as "cameraMake", i.camera_model as "cameraModel",
      i.latitude, i.longitude, page.value,
      case when answer.found then 'done' when failed.code is not null then 'failed' else 'pending' end as status,
      case when not coalesce(answer.found, false) and failed.code is not null
        then jsonb_build_object('code', failed.code, 'message', failed.message) end as failure,
      answer.warning, coalesce(answer.detections, '[]') as detections
    from page join images i on i.id = page.image_id
    left join deployments p on p.id = i.deployment_id
    left join lateral (
      select true as found, max(f.warning) as warning, jsonb_agg(jsonb_build_object(
          'id', d.id, 'category', d.category, 'label', d.label, 'confidence', d.confidence,
          'box', jsonb_build_object('x', d.x, 'y', d.y, 'width', d.width, 'height', d.height),
          'model', m.name || ' ' || m.version, 'static', ${IS_STATIC},
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
  return rows.map(({ value, ...image }) => ({ ...image, position: { value: value instanceof Date ? value.toISOString() : value, id: image.id } }));
}

/** Ids of the images of one page, with what they are sorted by. Each form reads along an index that has the order already, where there is one. */
function pageOf(filter: ImageFilter, after: ImagePosition | null, limit: number, sort: ImageSort): RawBuilder<unknown> {
  const { label, locationId, deploymentId, ...rest } = filter;
  const key = sort.replace('-', '') as SortKey;
  const direction = sort.startsWith('-') ? sql`desc` : sql`asc`;
  const end = (table: 's' | 'o') => {
    const column = sql.ref(`${table}.${COLUMNS[key].name}`);
    const id = sql.ref(`${table}.image_id`);
    const beyond = after === null ? sql`` : sql`and (${column}, ${id}) ${sort.startsWith('-') ? sql`<` : sql`>`} (${after.value}::${COLUMNS[key].type}, ${after.id}::bigint)`;
    return sql`and ${column} is not null ${beyond} order by ${column} ${direction}, ${id} ${direction} limit ${limit}`;
  };
  const columns = (table: 's' | 'o') => sql`s.image_id, s.out_of_dates, ${sql.ref(`${table}.${COLUMNS[key].name}`)} as value`;
  if (label !== undefined) {
    return sql`select ${columns('o')} from image_summaries s join (select * from ${observationsCalled(label, filter)}) o on o.image_id = s.image_id where ${conditionsBesideLabel(filter)} ${end('o')}`;
  }
  // What counts and is as sure counts for its confidence: said again for the index by it.
  const sure = key === 'confidence' && filter.runId === undefined && filter.category !== 'blank' && filter.minConfidence !== undefined ? sql`and s.confidence >= ${filter.minConfidence}::real` : sql``;
  if (locationId === undefined || deploymentId !== undefined) return sql`select ${columns('s')} from image_summaries s where ${imageConditions(filter)} ${sure} ${end('s')}`;
  // The first of each deployment of the location, and of these the first.
  return sql`
    select one.* from (select id from deployments where location_id = ${locationId}) place
    cross join lateral (select ${columns('s')} from image_summaries s where s.deployment_id = place.id and ${imageConditions(rest)} ${sure} ${end('s')}) one
    order by one.value ${direction}, one.image_id ${direction} limit ${limit}`;
}

/** One image with what was found in it. */
export async function findImage(db: Executor, id: number, filter: Pick<ImageFilter, 'minConfidence'> = {}): Promise<ListedImage | null> {
  const [image] = await listImages(db, filter, { value: id - 1, id: id - 1 }, 1);
  return image?.id === id ? image : null;
}
