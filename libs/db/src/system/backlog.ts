import { sql } from 'kysely';
import type { TaskKind } from '@pugmark/contracts';
import type { Executor } from '../connection/database';
import { IS_GROWING } from '../runs/run-overview';

/** Counts the waiting tasks of a kind, up to `max`. */
export async function countWaiting(db: Executor, kind: TaskKind, max: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from (select 1 from tasks
      where kind = ${kind} and state = 'waiting' limit ${max}) counted`.execute(db);
  return rows[0]?.count ?? 0;
}

/** Counts the runs that have not ended, up to `max`. Checks only runs whose end is not in the feed yet. */
export async function countOpenRuns(db: Executor, max: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from (
      select 1 from runs r
      where r.feed_pending and r.cancelled_at is null
        and (exists (select 1 from tasks t where t.run_id = r.id and t.state in ('waiting', 'queued', 'running'))
          or ${IS_GROWING})
      limit ${max}
    ) counted`.execute(db);
  return rows[0]?.count ?? 0;
}
