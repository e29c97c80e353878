import { sql, type RawBuilder } from 'kysely';
import type { Category, TaskState } from '@pugmark/domain';
import type { Executor } from '../database';
import { localTimeOf, type TimeDoubt } from '../sql/local-time';

export interface ImageFilter {
  readonly projectId?: number;
  readonly deploymentId?: number;
  readonly ingestId?: number;
  readonly runId?: number;
  /** With a detection of this category at or above the confidence; `blank`: answered, and no detection reaches it. */
  readonly category?: Category | 'blank';
  /** Default: the threshold of the model that found it. */
  readonly minConfidence?: number;
  /** State of the image's task within `runId`. */
  readonly state?: TaskState;
  /** As in the answer: `pending`, `done`, `failed`. */
  readonly status?: ListedImage['status'];
  readonly capturedFrom?: Date;
  readonly capturedTo?: Date;
  /** Only images whose time cannot be relied on, for this reason. */
  readonly timeIssue?: TimeIssue;
}

export const TIME_ISSUES = ['no_time', 'out_of_dates', 'dst_gap', 'dst_overlap'] as const;
/** `no_time`: no instant is known. `out_of_dates`: before the deployment's start or after its end. */
export type TimeIssue = (typeof TIME_ISSUES)[number];

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
  /** `pending` until a model has answered, else `done`; `failed` with a reason. */
  readonly status: 'pending' | 'done' | 'failed';
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly warning: 'truncated' | null;
  readonly detections: readonly ListedDetection[];
}

const OUT_OF_DATES = sql`(i.captured_at < p.starts_at or i.captured_at > p.ends_at)`;

const TIME_ISSUE: Readonly<Record<TimeIssue, RawBuilder<unknown>>> = {
  no_time: sql`i.captured_at is null`,
  out_of_dates: OUT_OF_DATES,
  dst_gap: sql`i.time_doubt = 'dst_gap'`,
  dst_overlap: sql`i.time_doubt = 'dst_overlap'`,
};

/** In order of id, those after `afterId`: images with what was found in them at or above the threshold. */
export async function listImages(db: Executor, filter: ImageFilter, afterId: number, limit: number): Promise<ListedImage[]> {
  const conditions = [sql`i.id > ${afterId}`];
  if (filter.projectId !== undefined) conditions.push(sql`i.project_id = ${filter.projectId}`);
  if (filter.deploymentId !== undefined) conditions.push(sql`i.deployment_id = ${filter.deploymentId}`);
  if (filter.ingestId !== undefined) conditions.push(sql`i.ingest_id = ${filter.ingestId}`);
  if (filter.capturedFrom !== undefined) conditions.push(sql`i.captured_at >= ${filter.capturedFrom}`);
  if (filter.capturedTo !== undefined) conditions.push(sql`i.captured_at < ${filter.capturedTo}`);
  if (filter.timeIssue !== undefined) conditions.push(TIME_ISSUE[filter.timeIssue]);
  const ofRun = filter.runId === undefined ? sql`` : sql`and t.run_id = ${filter.runId}`;
  if (filter.runId !== undefined || filter.state !== undefined) {
    const inState = filter.state === undefined ? sql`` : sql`and t.state = ${filter.state}`;
    conditions.push(sql`exists (select 1 from tasks t where t.kind = 'detect' and t.subject_id = i.id ${ofRun} ${inState})`);
  }
  const ofRunModel = filter.runId === undefined ? sql`` : sql`and f.model_id = (select model_id from runs where id = ${filter.runId})`;
  if (filter.status !== undefined) {
    const answer = sql`exists (select 1 from inferences f where f.image_id = i.id ${ofRunModel})`;
    const failure = sql`exists (select 1 from tasks t where t.kind = 'detect' and t.subject_id = i.id and t.state = 'failed' ${ofRun})`;
    const meaning = {
      done: answer,
      failed: sql`(not ${answer} and ${failure})`,
      pending: sql`(not ${answer} and not ${failure})`,
    };
    conditions.push(meaning[filter.status]);
  }
  const threshold = sql`coalesce(${filter.minConfidence ?? null}::real, m.threshold)`;
  const reaches = (category: Category | null) => sql`exists (
    select 1 from inferences f join models m on m.id = f.model_id join detections d on d.inference_id = f.id
    where f.image_id = i.id ${ofRunModel} and d.confidence >= ${threshold} ${category === null ? sql`` : sql`and d.category = ${category}`})`;
  if (filter.category === 'blank') {
    conditions.push(sql`exists (select 1 from inferences f where f.image_id = i.id ${ofRunModel})`, sql`not ${reaches(null)}`);
  } else if (filter.category !== undefined) {
    conditions.push(reaches(filter.category));
  }
  const { rows } = await sql<ListedImage>`
    select i.id, i.project_id as "projectId", i.deployment_id as "deploymentId", i.ingest_id as "ingestId", i.file_path as "fileName",
      encode(i.sha256, 'hex') as sha256, i.format, i.bytes, i.width, i.height,
      i.captured_local as "capturedLocal", i.captured_at as "capturedAt", p.timezone,
      case when p.id is not null or i.manual_local is not null then ${localTimeOf('i', 'p')} end as "localTime",
      case when i.manual_local is not null then 'manual' when i.captured_local is not null then 'exif' else 'none' end as "timeSource",
      i.time_doubt as "timeDoubt", coalesce(${OUT_OF_DATES}, false) as "outOfDates", i.camera_make as "cameraMake", i.camera_model as "cameraModel",
      i.latitude, i.longitude,
      case when answer.found then 'done' when failed.code is not null then 'failed' else 'pending' end as status,
      case when not coalesce(answer.found, false) and failed.code is not null
        then jsonb_build_object('code', failed.code, 'message', failed.message) end as failure,
      answer.warning, coalesce(answer.detections, '[]') as detections
    from images i
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
      left join detections d on d.inference_id = f.id and d.confidence >= ${threshold}
      where f.image_id = i.id ${ofRunModel}
      having count(*) > 0
    ) answer on true
    left join lateral (
      select t.error_code as code, t.error_message as message from tasks t
      where t.kind = 'detect' and t.subject_id = i.id and t.state = 'failed' ${ofRun} order by t.id desc limit 1
    ) failed on true
    where ${sql.join(conditions, sql` and `)}
    order by i.id limit ${limit}`.execute(db);
  return rows;
}

/** One image with what was found in it. */
export async function findImage(db: Executor, id: number, filter: Pick<ImageFilter, 'minConfidence'> = {}): Promise<ListedImage | null> {
  const [image] = await listImages(db, filter, id - 1, 1);
  return image?.id === id ? image : null;
}
