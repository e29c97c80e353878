import { sql } from 'kysely';
import type { Database, DatabaseTransaction, Executor } from '../database';
import { inTransaction } from '../in-transaction';
import { PREPARED } from '../prepared';
import { solarHour } from '../sql/solar-time';

/** Class of the advisory locks under which the events of one deployment are formed. */
const FORMING = 7_411_209;
/** Deployments of which the events are formed before the next ones are looked for. */
const ROUND = 50;

/**
 * Independent visits: images with the same kind of animal at one deployment belong to one event until none has been seen for longer
 * than the project's gap. Events are derived: a change of what they are formed from leaves a mark in `stale_events`, in its own
 * transaction, and whoever reads events forms those anew first.
 */
export class EventRepository {
  /**
   * Forms what is stale, of one project or of all. What another process is forming is waited for, so that afterwards events say
   * what was committed before; what becomes stale meanwhile is for the next time. `signal`: not to begin with another deployment. Answers whether all was formed.
   */
  async formStale(db: Database, projectId: number | null, signal?: AbortSignal): Promise<boolean> {
    for (let last = 0; ; ) {
      const deployments = await this.#stale(db, projectId, last);
      for (const id of deployments) {
        if (signal?.aborted === true) return false;
        await inTransaction(db, (tx) => this.#form(tx, id), { idempotent: true });
        last = id;
      }
      if (deployments.length < ROUND) return true;
    }
  }

  async #stale(db: Executor, projectId: number | null, after: number): Promise<number[]> {
    const ofProject = projectId === null ? sql`` : sql`and project_id = ${projectId}`;
    const { rows } = await sql<{ id: number }>`
      ${PREPARED} select distinct deployment_id as id from stale_events where deployment_id > ${after} ${ofProject} order by deployment_id limit ${sql.lit(ROUND)}`.execute(db);
    return rows.map(({ id }) => id);
  }

  async #form(tx: DatabaseTransaction, deploymentId: number): Promise<void> {
    await sql`select pg_advisory_xact_lock(${FORMING}::int, ${deploymentId}::int)`.execute(tx);
    const { rows } = await sql<{ from: string | null; to: string | null }>`
      with taken as (delete from stale_events where deployment_id = ${deploymentId} returning from_at, to_at)
      select min(from_at)::text as from, max(to_at)::text as to from taken`.execute(tx);
    const { from = null, to = null } = rows[0] ?? {};
    // Another process was faster.
    if (from === null || to === null) return;
    // A statement of its own, later than the one that took the marks: it sees all that was marked.
    await formBetween(tx, deploymentId, from, to);
  }
}

/**
 * Forms the events of a deployment anew where something changed between two times. Events that reach within the gap of it are touched;
 * no other can change. An event that begins as it did keeps its id.
 */
async function formBetween(tx: DatabaseTransaction, deploymentId: number, from: string, to: string): Promise<void> {
  await sql`
    with place as materialized (
      select d.id, d.project_id, d.timezone, l.longitude, p.event_gap_seconds * interval '1 second' as gap
      from deployments d join projects p on p.id = d.project_id left join locations l on l.id = d.location_id where d.id = ${deploymentId}
    ), touched as materialized (
      select e.id, e.category, e.label, e.starts_at, e.ends_at, e.first_image_id from events e, place
      where e.deployment_id = place.id and e.starts_at <= ${to}::timestamptz + place.gap and e.ends_at >= ${from}::timestamptz - place.gap
    ), reach as (
      select category, label, min(starts_at) as from_at, max(ends_at) as to_at from touched group by category, label
    ), seen as (
      -- Twice: of its category, and of what it is called.
      select o.category, kind.label, s.image_id, s.captured_at, sum(o.individuals) as individuals, max(o.confidence) as confidence, s.review_id is not null as reviewed
      from image_summaries s join observations o on o.image_id = s.image_id
      cross join lateral (values (null::text), (o.label)) as kind (label)
      left join reach r on r.category = o.category and r.label is not distinct from kind.label
      where s.deployment_id = ${deploymentId}
        and s.captured_at between least(${from}::timestamptz, (select min(from_at) from reach)) and greatest(${to}::timestamptz, (select max(to_at) from reach))
        and s.captured_at between least(${from}::timestamptz, r.from_at) and greatest(${to}::timestamptz, r.to_at)
      group by s.image_id, o.category, kind.label
    ), parted as (
      select seen.*, case when captured_at - lag(captured_at) over kinds <= place.gap then 0 else 1 end as begins
      from seen, place window kinds as (partition by category, label order by captured_at, image_id)
    ), numbered as (
      select parted.*, sum(begins) over (partition by category, label order by captured_at, image_id) as number from parted
    ), formed as materialized (
      select category, label, (array_agg(image_id order by captured_at, image_id))[1] as first_image_id,
        (array_agg(image_id order by confidence desc, image_id))[1] as best_image_id, min(captured_at) as starts_at, max(captured_at) as ends_at,
        count(*) as images, max(individuals) as individuals, max(confidence) as confidence, bool_or(reviewed) as reviewed
      from numbered group by category, label, number
    ), gone as (
      delete from events e using touched t
      where e.id = t.id and not exists (
        select 1 from formed f where f.first_image_id = t.first_image_id and f.category = t.category and f.label is not distinct from t.label)
    )
    insert into events as e (project_id, deployment_id, category, label, first_image_id, best_image_id, starts_at, ends_at, local_start, solar_hour,
      images, individuals, confidence, reviewed)
    select place.project_id, place.id, category, label, first_image_id, best_image_id, starts_at, ends_at, starts_at at time zone place.timezone,
      ${solarHour(sql`starts_at`, sql`place.longitude`)}, images, individuals, confidence, reviewed
    from formed, place
    on conflict (first_image_id, category, (coalesce(label, '')), (coalesce(deployment_id, 0)), (starts_at is null)) do update set
      best_image_id = excluded.best_image_id, starts_at = excluded.starts_at, ends_at = excluded.ends_at, local_start = excluded.local_start,
      solar_hour = excluded.solar_hour, images = excluded.images, individuals = excluded.individuals, confidence = excluded.confidence, reviewed = excluded.reviewed
    where (e.best_image_id, e.starts_at, e.ends_at, e.local_start, e.solar_hour, e.images, e.individuals, e.confidence, e.reviewed) is distinct from
      (excluded.best_image_id, excluded.starts_at, excluded.ends_at, excluded.local_start, excluded.solar_hour, excluded.images, excluded.individuals, excluded.confidence, excluded.reviewed)`.execute(tx);
}
