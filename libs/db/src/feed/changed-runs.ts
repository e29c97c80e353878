import { sql, type RawBuilder } from 'kysely';
import type { DatabaseTransaction } from '../connection/database';

/** More than a clock is usually set back by. */
const CLOCK_SLACK = sql`interval '10 seconds'`;

/** Up to when the feed's last scan certainly saw everything. */
export const LAST_SCAN: RawBuilder<Date> = sql<Date>`(select least(scanned_at, now()) - ${CLOCK_SLACK}
  from feed_state)`;

/**
 * Finds the runs that can differ from the feed's last scan: a task is queued, running or has ended since then; an
 * ingest adds tasks or has ended since then; the last scan marked the run for a recheck; or the row in `runs` differs
 * from the feed (not in the feed yet, cancelled, retried, paused or resumed, another priority, or reconciled since
 * then). A run with a million waiting tasks and no other activity is not included, and its tasks are not counted. A
 * task that was waiting at the last scan and still waits is unchanged; one that was claimed and ended after it has
 * ended since then; one that was claimed before it made that scan mark the run for a recheck. Each part of the query
 * uses an index of current work, not of finished work.
 */
export async function findChangedRuns(tx: DatabaseTransaction): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    with candidates (id) as (
      select run_id from tasks where state = 'queued'
      union select run_id from tasks where state = 'running'
      union select run_id from tasks where kind in ('detect', 'classify') and state in ('done', 'failed')
        and finished_at > ${LAST_SCAN}
      union select i.run_id from tasks t join ingests i on i.id = t.subject_id
        where t.kind = 'scan' and t.state = 'waiting'
      union select i.run_id from tasks t join ingests i on i.id = t.subject_id
        where t.kind = 'scan' and t.state = 'queued'
      union select i.run_id from tasks t join ingests i on i.id = t.subject_id
        where t.kind = 'scan' and t.state = 'running'
      union select i.run_id from tasks t join ingests i on i.id = t.subject_id
        where t.kind = 'scan' and t.state in ('done', 'failed') and t.finished_at > ${LAST_SCAN}
      union select subject_id from feed where topic = 'run' and latest and recheck
      union select r.id from runs r left join feed f on f.topic = 'run' and f.subject_id = r.id and f.latest
        where r.feed_pending and (
          f.id is null or f.ended or r.cancelled_at is not null or r.reconciled_at > ${LAST_SCAN}
          or r.priority <> (f.data ->> 'priority')::int or (r.paused_at is not null) <> (f.data ->> 'state' = 'paused'))
    )
    select id from candidates where id is not null order by id`.execute(tx);
  return rows.map(({ id }) => id);
}
