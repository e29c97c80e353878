import { sql } from 'kysely';
import { pingDatabase, type Database, type DatabaseTransaction, type Executor } from '../connection/database';
import { inLockedTransaction } from '../connection/in-locked-transaction';
import { PREPARED } from '../connection/prepared-statements';
import { NOT_DONE, SharedJobs } from '../connection/shared-jobs';
import { solarHour } from '../sql/solar-time';

/** Stale deployments that are read at a time. */
const BATCH_SIZE = 50;
/** Images whose events are formed in one transaction: about a second. */
const MAX_SPAN_IMAGES = 20_000;
/**
 * Deployments that one process forms concurrently: the other connections remain available, whatever locks these wait
 * for.
 */
const MAX_CONCURRENT = 3;

/**
 * Events (independent visits): images with the same kind of animal at one deployment belong to one event until none was
 * captured for longer than the project's event gap. Events are derived: a change of their source data adds a row to
 * `stale_events` in the same transaction, and readers form the stale events first.
 */
export class EventRepository {
  readonly #maxSpanImages: number;
  readonly #formings = new WeakMap<Database, SharedJobs<void>>();

  constructor(maxSpanImages = MAX_SPAN_IMAGES) {
    this.#maxSpanImages = maxSpanImages;
  }

  /**
   * Forms the stale events of one project or of all. Waits for those that others are forming, so that afterwards events
   * reflect what was committed before the call; what becomes stale meanwhile is left to the next call. Returns false if
   * `signal` was aborted before all were formed. If a deployment fails, the others are formed nevertheless; then the
   * first error is thrown.
   */
  async formStaleEvents(db: Database, projectId: number | null, signal?: AbortSignal): Promise<boolean> {
    const formings = this.#formingsOf(db);
    const since = formings.started;
    const failures: unknown[] = [];
    for (let last = 0; ;) {
      const deployments = await this.#stale(db, projectId, last);
      for (const id of deployments) {
        last = id;
        try {
          if ((await formings.run(id, since, signal)) === NOT_DONE) return false;
        } catch (error) {
          failures.push(error);
          // If the database is unavailable, the other deployments need not be tried.
          await pingDatabase(db);
        }
      }
      if (deployments.length === BATCH_SIZE) continue;
      if (failures.length > 0) throw failures[0];
      return true;
    }
  }

  #formingsOf(db: Database): SharedJobs<void> {
    const formings =
      this.#formings.get(db) ??
      new SharedJobs(MAX_CONCURRENT, (deploymentId) => formAllStale(db, deploymentId, this.#maxSpanImages));
    this.#formings.set(db, formings);
    return formings;
  }

  async #stale(db: Executor, projectId: number | null, after: number): Promise<number[]> {
    const ofProject = projectId === null ? sql`` : sql`and project_id = ${projectId}`;
    const { rows } = await sql<{ id: number }>`
      ${PREPARED} select distinct deployment_id as id from stale_events where deployment_id > ${after} ${ofProject}
        order by deployment_id limit ${sql.lit(BATCH_SIZE)}`.execute(db);
    return rows.map(({ id }) => id);
  }
}

/** Forms all stale events of a deployment. */
async function formAllStale(db: Database, deploymentId: number, maxImages: number): Promise<void> {
  const form = (tx: DatabaseTransaction) => formStaleSpan(tx, deploymentId, maxImages);
  while ((await inLockedTransaction(db, 'eventForming', deploymentId, form, { idempotent: true })) === 'some');
}

/**
 * Forms the stale events of a deployment that is locked for it, of at most about `maxImages` images. The rest of the
 * span stays stale.
 */
async function formStaleSpan(
  tx: DatabaseTransaction,
  deploymentId: number,
  maxImages: number,
): Promise<'all' | 'some'> {
  const { rows } = await sql<{ from: string | null; to: string | null }>`
    with deleted as (delete from stale_events where deployment_id = ${deploymentId} returning from_at, to_at)
    select min(from_at)::text as from, max(to_at)::text as to from deleted`.execute(tx);
  const { from = null, to = null } = rows[0] ?? {};
  // Another process has formed them.
  if (from === null || to === null) return 'all';
  // Separate statements, later than the one that deleted the stale rows: they see all changes that added them.
  const end = await endOfSpan(tx, deploymentId, from, to, maxImages);
  if (end !== null)
    await sql`insert into stale_events (project_id, deployment_id, from_at, to_at)
      select project_id, id, ${end}, ${to} from deployments where id = ${deploymentId}`.execute(tx);
  await formBetween(tx, deploymentId, from, end ?? to);
  return end === null ? 'all' : 'some';
}

/**
 * The time up to which events are formed now, if the span has too many images for one transaction. Events that cross it
 * are formed again with the rest.
 */
async function endOfSpan(
  tx: DatabaseTransaction,
  deploymentId: number,
  from: string,
  to: string,
  maxImages: number,
): Promise<string | null> {
  const { rows } = await sql<{ end: string }>`
    select captured_at::text as end from image_summaries
    where deployment_id = ${deploymentId} and captured_at > ${from}::timestamptz and captured_at < ${to}::timestamptz
    order by captured_at limit 1 offset ${maxImages}`.execute(tx);
  return rows[0]?.end ?? null;
}

/**
 * Forms the events of a deployment again where something changed between two times. Only events within the gap of that
 * span can change. An event that starts with the same image keeps its id.
 */
async function formBetween(tx: DatabaseTransaction, deploymentId: number, from: string, to: string): Promise<void> {
  await sql`
    with place as materialized (
      select d.id, d.project_id, d.timezone, l.longitude, p.event_gap_seconds * interval '1 second' as gap
      from deployments d join projects p on p.id = d.project_id left join locations l on l.id = d.location_id
        where d.id = ${deploymentId}
    ), affected as materialized (
      select e.id, e.category, e.label, e.starts_at, e.ends_at, e.first_image_id from events e, place
      where e.deployment_id = place.id and e.starts_at <= ${to}::timestamptz + place.gap
        and e.ends_at >= ${from}::timestamptz - place.gap
    ), reach as (
      select category, label, min(starts_at) as from_at, max(ends_at) as to_at from affected group by category, label
    ), observed as (
      -- Twice: of its category, and of what it is called.
      select o.category, kind.label, s.image_id, s.captured_at, sum(o.individuals) as individuals, max(o.confidence)
        as confidence, s.review_id is not null as reviewed
      from image_summaries s join observations o on o.image_id = s.image_id
      cross join lateral (values (null::text), (o.label)) as kind (label)
      left join reach r on r.category = o.category and r.label is not distinct from kind.label
      where s.deployment_id = ${deploymentId}
        and s.captured_at between least(${from}::timestamptz, (select min(from_at) from reach))
          and greatest(${to}::timestamptz, (select max(to_at) from reach))
        and s.captured_at between least(${from}::timestamptz, r.from_at) and greatest(${to}::timestamptz, r.to_at)
      group by s.image_id, o.category, kind.label
    ), split as (
      select observed.*, case when captured_at - lag(captured_at) over kinds <= place.gap then 0 else 1 end as starts
      from observed, place window kinds as (partition by category, label order by captured_at, image_id)
    ), numbered as (
      select split.*, sum(starts) over (partition by category, label order by captured_at, image_id) as number
        from split
    ), formed as materialized (
      select category, label, (array_agg(image_id order by captured_at, image_id))[1] as first_image_id,
        (array_agg(image_id order by confidence desc, image_id))[1] as best_image_id, min(captured_at) as starts_at,
          max(captured_at) as ends_at,
        count(*) as images, max(individuals) as individuals, max(confidence) as confidence, bool_or(reviewed)
          as reviewed
      from numbered group by category, label, number
    ), deleted as (
      delete from events e using affected t
      where e.id = t.id and not exists (
        select 1 from formed f where f.first_image_id = t.first_image_id and f.category = t.category and f.label
          is not distinct from t.label)
    )
    insert into events as e (project_id, deployment_id, category, label, first_image_id, best_image_id, starts_at,
      ends_at, local_start, solar_hour,
      images, individuals, confidence, reviewed)
    select place.project_id, place.id, category, label, first_image_id, best_image_id, starts_at, ends_at,
      starts_at at time zone place.timezone,
      ${solarHour(sql`starts_at`, sql`place.longitude`)}, images, individuals, confidence, reviewed
    from formed, place
    on conflict (first_image_id, category, (coalesce(label, '')), (coalesce(deployment_id, 0)), (starts_at is null))
      do update set
      best_image_id = excluded.best_image_id, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
        local_start = excluded.local_start,
      solar_hour = excluded.solar_hour, images = excluded.images, individuals = excluded.individuals,
        confidence = excluded.confidence, reviewed = excluded.reviewed
    where (e.best_image_id, e.starts_at, e.ends_at, e.local_start, e.solar_hour, e.images, e.individuals, e.confidence,
      e.reviewed) is distinct from
      (excluded.best_image_id, excluded.starts_at, excluded.ends_at, excluded.local_start, excluded.solar_hour,
        excluded.images, excluded.individuals, excluded.confidence, excluded.reviewed)`.execute(tx);
}
