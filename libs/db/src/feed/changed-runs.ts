import { sql, type RawBuilder } from 'kysely';
import type { DatabaseTransaction } from '../connection/database';

/** More than clocks are set back by, in small steps. */
const CLOCK_SLACK = sql`interval '10 seconds'`;

/** Until when the feed's last look had seen everything, and a little earlier. */
export const LAST_SCAN: RawBuilder<Date> = sql<Date>`(select least(scanned_at, now()) - ${CLOCK_SLACK} from feed_state)`;

/**
 * The runs that can look other than at the last look: those of which something is queued, is running or has ended since, which an ingest
 * adds to or has ended with since, which moved at the last look, or whose row in `runs` says other than the feed: not in it yet, cancelled,
 * begun again, paused or resumed, of another priority, or with tasks brought in line since with what was asked of it. A run of which a
 * million tasks wait and nothing else happens is not among them, and its tasks are not counted. What was seen waiting at the last look and is
 * waiting now has not changed; what was claimed after it and has ended, has ended after it; what had been claimed before made the run a
 * moving one. Each of the parts is found by an index that holds what is under way, not what has been.
 */
export async function findChangedRuns(tx: DatabaseTransaction): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    with candidates (id) as (
      select run_id from tasks where state = 'queued'
      union select run_id from tasks where state = 'running'
      union select run_id from tasks where kind in ('detect', 'classify') and state in ('done', 'failed') and finished_at > ${LAST_SCAN}
      union select i.run_id from tasks t join ingests i on i.id = t.subject_id where t.kind = 'scan' and t.state = 'waiting'
      union select i.run_id from tasks t join ingests i on i.id = t.subject_id where t.kind = 'scan' and t.state = 'queued'
      union select i.run_id from tasks t join ingests i on i.id = t.subject_id where t.kind = 'scan' and t.state = 'running'
      union select i.run_id from tasks t join ingests i on i.id = t.subject_id where t.kind = 'scan' and t.state in ('done', 'failed') and t.finished_at > ${LAST_SCAN}
      union select subject_id from feed where topic = 'run' and latest and recheck
      union select r.id from runs r left join feed f on f.topic = 'run' and f.subject_id = r.id and f.latest
        where r.feed_pending and (
          f.id is null or f.ended or r.cancelled_at is not null or r.reconciled_at > ${LAST_SCAN}
          or r.priority <> (f.data ->> 'priority')::int or (r.paused_at is not null) <> (f.data ->> 'state' = 'paused'))
    )
    select id from candidates where id is not null order by id`.execute(tx);
  return rows.map(({ id }) => id);
}
