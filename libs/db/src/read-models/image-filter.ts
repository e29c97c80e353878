import { sql, type RawBuilder } from 'kysely';
import { CATEGORIES, type Category, type TaskState } from '@pugmark/domain';
import type { Executor } from '../database';
import { hoursOf, type ObservedFilter } from './observed-filter';

export interface ImageFilter extends ObservedFilter {
  readonly ingestId?: number;
  /** Of this run, and judged by its model instead of by what counts. */
  readonly runId?: number;
  /** State of the image's task within `runId`. */
  readonly state?: TaskState;
  /** `pending` until a model has answered, else `done`; `failed`: none has, and the last attempt failed. */
  readonly status?: ImageStatus;
  /** Failed, with this code. */
  readonly failedReason?: string;
  /** Of this event; see `EventSpan`. */
  readonly event?: EventSpan;
  /** Only images whose time cannot be relied on, for this reason. */
  readonly timeIssue?: TimeIssue;
}

export type ImageStatus = 'pending' | 'done' | 'failed';

export const TIME_ISSUES = ['no_time', 'out_of_dates', 'dst_gap', 'dst_overlap'] as const;
/** `no_time`: no instant is known. `out_of_dates`: before the deployment's start or after its end. */
export type TimeIssue = (typeof TIME_ISSUES)[number];

/** What makes images those of an event. */
export interface EventSpan {
  readonly deploymentId: number | null;
  readonly category: Category;
  readonly label: string | null;
  readonly firstImageId: number;
  /** Both null: the first image is the only one. */
  readonly startsAt: Date | null;
  readonly endsAt: Date | null;
}

export async function findEvent(db: Executor, id: number): Promise<EventSpan | null> {
  const row = await db
    .selectFrom('events')
    .select(['deployment_id as deploymentId', 'category', 'label', 'first_image_id as firstImageId', 'starts_at as startsAt', 'ends_at as endsAt'])
    .where('id', '=', id)
    .executeTakeFirst();
  return row ?? null;
}

const TIME_ISSUE: Readonly<Record<TimeIssue, RawBuilder<unknown>>> = {
  no_time: sql`s.captured_at is null`,
  out_of_dates: sql`s.out_of_dates`,
  dst_gap: sql`s.time_doubt = 'dst_gap'`,
  dst_overlap: sql`s.time_doubt = 'dst_overlap'`,
};

/** Conditions on `image_summaries s` that all hold for the images which pass the filter; there is at least one. */
export function imageConditions(filter: ImageFilter): RawBuilder<unknown> {
  const conditions = [sql`true`, ...placeAndTime(filter), ...(filter.runId === undefined ? whatCounts(filter) : whatTheRunSays(filter.runId, filter))];
  if (filter.ingestId !== undefined) conditions.push(sql`s.image_id in (select id from images where ingest_id = ${filter.ingestId})`);
  if (filter.label !== undefined) conditions.push(labelled(filter.label, filter));
  if (filter.event !== undefined) conditions.push(ofEvent(filter.event));
  if (filter.failedReason !== undefined) conditions.push(sql`not s.answered`, failed(filter.runId, sql`and t.error_code = ${filter.failedReason}`));
  return sql.join(conditions, sql` and `);
}

function placeAndTime(filter: ImageFilter): RawBuilder<unknown>[] {
  const conditions = [];
  if (filter.projectId !== undefined) conditions.push(sql`s.project_id = ${filter.projectId}`);
  if (filter.deploymentId !== undefined) conditions.push(sql`s.deployment_id = ${filter.deploymentId}`);
  if (filter.locationId !== undefined) conditions.push(sql`s.deployment_id in (select id from deployments where location_id = ${filter.locationId})`);
  if (filter.capturedFrom !== undefined) conditions.push(sql`s.captured_at >= ${filter.capturedFrom}`);
  if (filter.capturedTo !== undefined) conditions.push(sql`s.captured_at < ${filter.capturedTo}`);
  const hours = hoursOf(filter);
  if (hours !== null) conditions.push(sql`s.local_hour = any(${hours}::smallint[])`);
  if (filter.timeIssue !== undefined) conditions.push(TIME_ISSUE[filter.timeIssue]);
  if (filter.reviewed !== undefined) conditions.push(filter.reviewed ? sql`s.review_id is not null` : sql`s.review_id is null`);
  return conditions;
}

/** By the human's word, else that of the model that looked last. */
function whatCounts({ category, minConfidence, status, state }: ImageFilter): RawBuilder<unknown>[] {
  const conditions = [];
  if (category === 'blank' && minConfidence !== undefined) conditions.push(sql`(s.answered or s.review_id is not null) and coalesce(s.surest, 0) < ${minConfidence}::real`);
  else if (category === 'blank') conditions.push(sql`s.blank`);
  else if (category !== undefined && minConfidence !== undefined) conditions.push(sql`${sql.ref(`s.${category}`)} >= ${minConfidence}::real`);
  else if (category !== undefined) conditions.push(sql`${sql.ref(`s.has_${category}`)}`);
  else if (minConfidence !== undefined) conditions.push(sql`s.surest >= ${minConfidence}::real`);
  if (status === 'done') conditions.push(sql`s.answered`);
  if (status === 'failed') conditions.push(sql`not s.answered`, failed(undefined));
  if (status === 'pending') conditions.push(sql`not s.answered`, sql`not ${failed(undefined)}`);
  if (state !== undefined) conditions.push(sql`exists (select 1 from tasks t where t.kind = 'detect' and t.subject_id = s.image_id and t.state = ${state})`);
  return conditions;
}

/** By the model of a run alone. */
function whatTheRunSays(runId: number, { category, minConfidence, status, state }: ImageFilter): RawBuilder<unknown>[] {
  const inState = state === undefined ? sql`` : sql`and t.state = ${state}`;
  const conditions = [sql`exists (select 1 from tasks t where t.kind = 'detect' and t.run_id = ${runId} and t.subject_id = s.image_id ${inState})`];
  const answer = sql`exists (select 1 from inferences f where f.image_id = s.image_id ${ofRunModel(runId)})`;
  if (status === 'done' || category === 'blank') conditions.push(answer);
  if (status === 'failed') conditions.push(sql`not ${answer}`, failed(runId));
  if (status === 'pending') conditions.push(sql`not ${answer}`, sql`not ${failed(runId)}`);
  if (category === undefined && minConfidence === undefined) return conditions;
  const wanted = category === undefined || category === 'blank' ? [...CATEGORIES] : [category];
  const reaches = sql`exists (
    select 1 from inferences f join models m on m.id = f.model_id join detections d on d.inference_id = f.id
    where f.image_id = s.image_id ${ofRunModel(runId)} and d.category = any(${wanted}) and d.confidence >= coalesce(${minConfidence ?? null}::real, m.threshold))`;
  conditions.push(category === 'blank' ? sql`not ${reaches}` : reaches);
  return conditions;
}

/** For a condition on `inferences f`. */
export function ofRunModel(runId: number | undefined): RawBuilder<unknown> {
  return runId === undefined ? sql`` : sql`and f.model_id = (select model_id from runs where id = ${runId})`;
}

function failed(runId: number | undefined, more: RawBuilder<unknown> = sql``): RawBuilder<unknown> {
  const ofRun = runId === undefined ? sql`` : sql`and t.run_id = ${runId}`;
  return sql`s.image_id in (select t.subject_id from tasks t where t.kind = 'detect' and t.state = 'failed' ${ofRun} ${more})`;
}

function labelled(label: string, { projectId, minConfidence }: ImageFilter): RawBuilder<unknown> {
  const projects = projectId === undefined ? sql`o.project_id in (select id from projects)` : sql`o.project_id = ${projectId}`;
  const sure = minConfidence === undefined ? sql`` : sql`and o.confidence >= ${minConfidence}::real`;
  return sql`s.image_id in (select o.image_id from observations o where ${projects} and o.label = ${label} ${sure})`;
}

function ofEvent({ deploymentId, category, label, firstImageId, startsAt, endsAt }: EventSpan): RawBuilder<unknown> {
  if (startsAt === null || endsAt === null) return sql`s.image_id = ${firstImageId}`;
  const called = label === null ? sql`` : sql`and o.label = ${label}`;
  return sql`s.deployment_id = ${deploymentId} and s.captured_at between ${startsAt} and ${endsAt}
    and exists (select 1 from observations o where o.image_id = s.image_id and o.category = ${category} ${called})`;
}
