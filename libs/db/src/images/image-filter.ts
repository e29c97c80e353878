import { sql, type RawBuilder } from 'kysely';
import type { Category, TaskState } from '@pugmark/domain';
import type { Executor } from '../connection/database';
import { PREPARED } from '../connection/prepared-statements';
import { hoursInRange, type ObservationFilter } from '../observations/observation-filter';

export interface ImageFilter extends ObservationFilter {
  readonly ingestId?: number;
  /** Images of this run, by the inferences of its model instead of effective observations. */
  readonly runId?: number;
  /** State of the image's task within `runId`. */
  readonly state?: TaskState;
  /**
   * `pending` until a model has processed the image, then `done`; `failed`: no model has, and the last attempt failed.
   */
  readonly status?: ImageStatus;
  /** Failed with this error code. */
  readonly failedReason?: string;
  /** Images of this event; see `EventSpan`. */
  readonly event?: EventSpan;
  /** Images whose time is unreliable, for this reason. */
  readonly timeIssue?: TimeIssue;
}

export type ImageStatus = 'pending' | 'done' | 'failed';

export const TIME_ISSUES = ['no_time', 'outside_deployment', 'dst_gap', 'dst_overlap'] as const;
/** `no_time`: the instant is unknown. `outside_deployment`: before the start or after the end of the deployment. */
export type TimeIssue = (typeof TIME_ISSUES)[number];

/** Properties that identify the images of an event. */
export interface EventSpan {
  readonly deploymentId: number | null;
  readonly category: Category;
  readonly label: string | null;
  readonly firstImageId: number;
  /** Both null: the first image is the only one. */
  readonly startsAt: Date | null;
  readonly endsAt: Date | null;
}

export async function findEventSpan(db: Executor, id: number): Promise<EventSpan | null> {
  const { rows } = await sql<EventSpan>`
    ${PREPARED} select deployment_id as "deploymentId", category, label, first_image_id as "firstImageId", starts_at
      as "startsAt", ends_at as "endsAt"
    from events where id = ${id}`.execute(db);
  return rows[0] ?? null;
}

const TIME_ISSUE_CONDITIONS: Readonly<Record<TimeIssue, RawBuilder<unknown>>> = {
  no_time: sql`s.captured_at is null`,
  outside_deployment: sql`s.outside_deployment`,
  dst_gap: sql`s.dst_issue = 'dst_gap'`,
  dst_overlap: sql`s.dst_issue = 'dst_overlap'`,
};

/** Conditions on `image_summaries s` that select the images that pass the filter; never empty. */
export function imageConditions(filter: ImageFilter): RawBuilder<unknown> {
  const { label } = filter;
  const conditions = imageConditionsExceptLabel(filter);
  return label === undefined
    ? conditions
    : sql`${conditions} and exists (select 1 from ${observationsWithLabel(label, filter)} and o.image_id = s.image_id)`;
}

/** The same conditions without those of the label: for queries that read from `distinctObservationsWithLabel`. */
export function imageConditionsExceptLabel(filter: ImageFilter): RawBuilder<unknown> {
  const conditions = [
    sql`true`,
    ...placeAndTimeConditions(filter),
    ...(filter.runId === undefined ? effectiveConditions(filter) : runConditions(filter.runId, filter)),
  ];
  if (filter.event !== undefined) conditions.push(eventCondition(filter.event));
  if (filter.failedReason !== undefined)
    conditions.push(sql`not s.processed`, hasFailed(filter.runId, sql`and t.error_code = ${filter.failedReason}`));
  return sql.join(conditions, sql` and `);
}

function placeAndTimeConditions(filter: ImageFilter): RawBuilder<unknown>[] {
  const conditions = [];
  if (filter.projectId !== undefined) conditions.push(sql`s.project_id = ${filter.projectId}`);
  if (filter.deploymentId !== undefined) conditions.push(sql`s.deployment_id = ${filter.deploymentId}`);
  if (filter.locationId !== undefined)
    conditions.push(sql`s.deployment_id in (select id from deployments where location_id = ${filter.locationId})`);
  if (filter.ingestId !== undefined) conditions.push(sql`s.ingest_id = ${filter.ingestId}`);
  if (filter.capturedFrom !== undefined) conditions.push(sql`s.captured_at >= ${filter.capturedFrom}`);
  if (filter.capturedTo !== undefined) conditions.push(sql`s.captured_at < ${filter.capturedTo}`);
  const hours = hoursInRange(filter);
  if (hours !== null) conditions.push(sql`s.local_hour = any(${hours}::smallint[])`);
  if (filter.timeIssue !== undefined) conditions.push(TIME_ISSUE_CONDITIONS[filter.timeIssue]);
  if (filter.reviewed !== undefined)
    conditions.push(filter.reviewed ? sql`s.review_id is not null` : sql`s.review_id is null`);
  return conditions;
}

/** Conditions on effective observations. */
function effectiveConditions({ category, minConfidence, status, state }: ImageFilter): RawBuilder<unknown>[] {
  const conditions = [];
  if (category === 'blank' && minConfidence !== undefined)
    conditions.push(
      sql`(s.processed or s.review_id is not null) and coalesce(s.max_confidence, 0) < ${minConfidence}::real`,
    );
  else if (category === 'blank') conditions.push(sql`s.blank`);
  else if (category !== undefined && minConfidence !== undefined)
    conditions.push(sql`${sql.ref(`s.${category}`)} >= ${minConfidence}::real`);
  else if (category !== undefined) conditions.push(sql`${sql.ref(`s.has_${category}`)}`);
  else if (minConfidence !== undefined) conditions.push(sql`s.max_confidence >= ${minConfidence}::real`);
  if (status === 'done') conditions.push(sql`s.processed`);
  if (status === 'failed') conditions.push(sql`not s.processed`, hasFailed(undefined));
  if (status === 'pending') conditions.push(sql`not s.processed`, sql`not ${hasFailed(undefined)}`);
  if (state !== undefined)
    conditions.push(
      sql`exists (select 1 from tasks t where t.kind = 'detect' and t.subject_id = s.image_id and t.state = ${state})`,
    );
  return conditions;
}

/** Conditions on the inferences of a run's model. */
function runConditions(runId: number, { category, minConfidence, status, state }: ImageFilter): RawBuilder<unknown>[] {
  const inState = state === undefined ? sql`` : sql`and t.state = ${state}`;
  const hasInference = (more: RawBuilder<unknown> = sql``) =>
    sql`exists (select 1 from inferences f where f.image_id = s.image_id ${andModelOfRun(runId)} ${more})`;
  const conditions = [
    sql`exists (select 1 from tasks t where t.kind = 'detect' and t.run_id = ${runId}
      and t.subject_id = s.image_id ${inState})`,
  ];
  if (status === 'done') conditions.push(hasInference());
  if (status === 'failed') conditions.push(sql`not ${hasInference()}`, hasFailed(runId));
  if (status === 'pending') conditions.push(sql`not ${hasInference()}`, sql`not ${hasFailed(runId)}`);
  if (category === undefined && minConfidence === undefined) return conditions;
  const threshold = sql`coalesce(${minConfidence ?? null}::real,
    (select m.threshold from models m join runs r on r.model_id = m.id where r.id = ${runId}))`;
  const maxConfidence = sql`coalesce(greatest(f.animal, f.person, f.vehicle), 0)`;
  if (category === 'blank') conditions.push(hasInference(sql`and ${maxConfidence} < ${threshold}`));
  else if (category === undefined) conditions.push(hasInference(sql`and ${maxConfidence} >= ${threshold}`));
  else conditions.push(hasInference(sql`and ${sql.ref(`f.${category}`)} >= ${threshold}`));
  return conditions;
}

/** Continues a condition on `inferences f`. */
export function andModelOfRun(runId: number | undefined): RawBuilder<unknown> {
  return runId === undefined ? sql`` : sql`and f.model_id = (select model_id from runs where id = ${runId})`;
}

function hasFailed(runId: number | undefined, more: RawBuilder<unknown> = sql``): RawBuilder<unknown> {
  const ofRun = runId === undefined ? sql`` : sql`and t.run_id = ${runId}`;
  return sql`exists (select 1 from tasks t
    where t.kind = 'detect' and t.state = 'failed' and t.subject_id = s.image_id ${ofRun} ${more})`;
}

/** Filter properties that `observations` has: a label with only these needs no summaries. */
export const OBSERVATION_PROPERTIES: ReadonlySet<string> = new Set<keyof ImageFilter>([
  'label',
  'projectId',
  'minConfidence',
  'capturedFrom',
  'capturedTo',
]);

/**
 * `observations o where …`, to be continued: observations with this label, one for each image, even if several
 * categories have the label.
 */
export function distinctObservationsWithLabel(label: string, filter: Omit<ImageFilter, 'label'>): RawBuilder<unknown> {
  if (restrictsCategory(filter)) return observationsWithLabel(label, filter);
  return sql`${observationsWithLabel(label, filter)}
    and not exists (select 1 from observations other
      where other.image_id = o.image_id and other.label = o.label and other.category < o.category)`;
}

/** The same with one row for each category: where duplicate images do no harm. */
export function observationsWithLabel(label: string, filter: Omit<ImageFilter, 'label'>): RawBuilder<unknown> {
  const { projectId, category, minConfidence, capturedFrom, capturedTo } = filter;
  const conditions = [
    projectId === undefined ? sql`o.project_id in (select id from projects)` : sql`o.project_id = ${projectId}`,
    sql`o.label = ${label}`,
  ];
  // An image of a deer and a person does not match the category person with the label deer.
  if (restrictsCategory(filter)) conditions.push(sql`o.category = ${category}`);
  if (minConfidence !== undefined) conditions.push(sql`o.confidence >= ${minConfidence}::real`);
  // Equal to those of the image; repeated here for the index.
  if (capturedFrom !== undefined) conditions.push(sql`o.captured_at >= ${capturedFrom}`);
  if (capturedTo !== undefined) conditions.push(sql`o.captured_at < ${capturedTo}`);
  return sql`observations o where ${sql.join(conditions, sql` and `)}`;
}

/** With a run, the category is the one of its model, while the label is the one of effective observations. */
function restrictsCategory({ category, runId }: ImageFilter): boolean {
  return runId === undefined && category !== undefined && category !== 'blank';
}

function eventCondition({
  deploymentId,
  category,
  label,
  firstImageId,
  startsAt,
  endsAt,
}: EventSpan): RawBuilder<unknown> {
  if (startsAt === null || endsAt === null) return sql`s.image_id = ${firstImageId}`;
  const called = label === null ? sql`` : sql`and o.label = ${label}`;
  return sql`s.deployment_id = ${deploymentId} and s.captured_at between ${startsAt} and ${endsAt}
    and exists (select 1 from observations o where o.image_id = s.image_id and o.category = ${category} ${called})`;
}
