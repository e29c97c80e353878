import { sql, type RawBuilder } from 'kysely';
import type { DatabaseTransaction } from '../database';

/** More than clocks are set back by, in small steps. */
const SLACK = sql`interval '10 seconds'`;

/** Until when the feed's last look had seen everything, and a little earlier. */
export const LAST_LOOK: RawBuilder<Date> = sql<Date>`(select least(looked_at, now()) - ${SLACK} from feed_state)`;

/**
 * The runs that can look other than at the last look: those of which something is queued, is running or has ended since, which an ingest
 * adds to or has ended with since, which moved at the last look, were cancelled, or are not in the feed yet. A run of which a million
 * tasks wait and nothing else happens is not among them, and its tasks are not counted. What was seen waiting at the last look and is
 * waiting now has not changed; what was claimed after it and has ended, has ended after it; what had been claimed before made the run a
 * moving one. Each of the parts is found by an index that holds what is under way, not what has been.
 */
export async function runsThatMayHaveChanged(tx: DatabaseTransaction): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    with candidates (id) as (
      select run_id from tasks where state = 'queued'
      union select run_id from tasks where state = 'running'
      union select run_id from tasks where kind in ('detect', 'classify') and state in ('done', 'failed') and finished_at > ${LAST_LOOK}
      union select i.run_id from tasks t join ingests i on i.id = t.subject_id where t.kind = 'scan' and t.state = 'waiting'
      union select i.run_id from tasks t join ingests i on i.id = t.subject_id where t.kind = 'scan' and t.state = 'queued'
      union select i.run_id from tasks t join ingests i on i.id = t.subject_id where t.kind = 'scan' and t.state = 'running'
      union select i.run_id from tasks t join ingests i on i.id = t.subject_id where t.kind = 'scan' and t.state in ('done', 'failed') and t.finished_at > ${LAST_LOOK}
      union select subject_id from feed where topic = 'run' and latest and moving
      union select r.id from runs r where r.feed_open
        and (r.cancelled_at is not null or not exists (select 1 from feed f where f.topic = 'run' and f.subject_id = r.id and f.latest))
    )
    select id from candidates where id is not null order by id`.execute(tx);
  return rows.map(({ id }) => id);
}
