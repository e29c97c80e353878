import { sql } from 'kysely';
import type { Executor } from '../connection/database';
import type { EngineReport } from './system.tables';

/** A worker that has not reported for this long has exited, or cannot reach the database. */
const RECENT_SECONDS = 60;

export class EngineReportRepository {
  async report(db: Executor, worker: string, engine: EngineReport): Promise<void> {
    await sql`
      insert into engine_reports (worker, engine) values (${worker}, ${JSON.stringify(engine)})
      on conflict (worker) do update set engine = excluded.engine, reported_at = now()`.execute(db);
    await sql`delete from engine_reports where reported_at < now() - interval '1 day'`.execute(db);
  }

  /** Removes the report of a worker that exits, so that it is not listed for another minute. */
  async remove(db: Executor, worker: string): Promise<void> {
    await db.deleteFrom('engine_reports').where('worker', '=', worker).execute();
  }

  /** Lists the reports of the last minute. */
  async listRecent(db: Executor): Promise<(EngineReport & { readonly worker: string })[]> {
    const rows = await db
      .selectFrom('engine_reports')
      .select(['worker', 'engine'])
      .where('reported_at', '>', sql<Date>`now() - ${RECENT_SECONDS} * interval '1 second'`)
      .orderBy('worker')
      .execute();
    return rows.map(({ worker, engine }) => ({ worker, ...engine }));
  }
}
