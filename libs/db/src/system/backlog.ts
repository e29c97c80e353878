import { sql } from 'kysely';
import type { TaskKind } from '@pugmark/contracts';
import type { Executor } from '../connection/database';
import { IS_GROWING } from '../runs/run-overview';

/** How many tasks of a kind wait; `most` when it is that or more: no further is counted. */
export async function countWaiting(db: Executor, kind: TaskKind, max: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from (select 1 from tasks where kind = ${kind} and state = 'waiting' limit ${max}) counted`.execute(
    db,
  );
  return rows[0]?.count ?? 0;
}

/** How many runs have not ended; `most` when it is that or more. Only those are looked at whose end the feed has not told yet. */
export async function countOpenRuns(db: Executor, max: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from (
      select 1 from runs r
      where r.feed_pending and r.cancelled_at is null
        and (exists (select 1 from tasks t where t.run_id = r.id and t.state in ('waiting', 'queued', 'running')) or ${IS_GROWING})
      limit ${max}
    ) counted`.execute(db);
  return rows[0]?.count ?? 0;
}
