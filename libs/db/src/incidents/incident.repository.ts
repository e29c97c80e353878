import { sql, type Selectable } from 'kysely';
import type { Executor } from '../connection/database';
import type { IncidentsTable, Severity } from './incidents.tables';

export type IncidentRow = Selectable<IncidentsTable>;

export interface NewIncident {
  /** Name of the check. */
  readonly check: string;
  /** Subject of the problem, by the check; there is at most one open incident for each check and subject. */
  readonly subject: string;
  readonly severity: Severity;
  /** Problem and remedy. */
  readonly message: string;
}

/** Problems that the watchdog found, open and resolved. */
export class IncidentRepository {
  /** Opens an incident, or updates the open one of this check and subject. */
  async open(db: Executor, { check, subject, severity, message }: NewIncident): Promise<IncidentRow> {
    return db
      .insertInto('incidents')
      .values({ check_name: check, subject, severity, message })
      .onConflict((conflict) =>
        conflict
          .columns(['check_name', 'subject'])
          .where('resolved_at', 'is', null)
          .doUpdateSet({ severity, message, last_seen_at: sql<Date>`now()` }),
      )
      .returningAll()
      .executeTakeFirstOrThrow();
  }

  /**
   * Resolves the open incidents of this check except those with these subjects. A check calls it each time, whichever
   * process opened the incidents. Returns the subjects that were resolved.
   */
  async resolveOthers(db: Executor, check: string, stillBroken: readonly string[]): Promise<string[]> {
    const rows = await db
      .updateTable('incidents')
      .set({ resolved_at: sql<Date>`now()` })
      .where('check_name', '=', check)
      .where('resolved_at', 'is', null)
      .where(sql<boolean>`subject <> all (${[...stillBroken]}::text[])`)
      .returning('subject')
      .execute();
    return rows.map(({ subject }) => subject);
  }

  async find(db: Executor, id: number): Promise<IncidentRow | null> {
    return (await db.selectFrom('incidents').selectAll().where('id', '=', id).executeTakeFirst()) ?? null;
  }

  /** Lists incidents before `beforeId`, newest first: open ones, resolved ones, or (null) both. */
  async page(db: Executor, open: boolean | null, beforeId: number | null, limit: number): Promise<IncidentRow[]> {
    let query = db.selectFrom('incidents').selectAll();
    if (open !== null) query = query.where('resolved_at', open ? 'is' : 'is not', null);
    if (beforeId !== null) query = query.where('id', '<', beforeId);
    return query.orderBy('id', 'desc').limit(limit).execute();
  }

  /** Lists incidents whose resolution is not in the feed yet. */
  async listFeedPending(db: Executor): Promise<IncidentRow[]> {
    return db
      .selectFrom('incidents')
      .selectAll()
      .where(sql<boolean>`feed_pending`)
      .orderBy('id')
      .execute();
  }
}
