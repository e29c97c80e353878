import { sql, type Selectable } from 'kysely';
import type { Executor } from '../connection/database';
import type { IncidentsTable, Severity } from './incidents.tables';

export type IncidentRow = Selectable<IncidentsTable>;

export interface NewIncident {
  /** The check that found it. */
  readonly check: string;
  /** What it found it of: there is one open incident at most for each check and subject. */
  readonly subject: string;
  readonly severity: Severity;
  /** What is wrong and what to do. */
  readonly message: string;
}

/** What the watchdog found wrong, and whether it still is. */
export class IncidentRepository {
  /** Opens an incident, or notes of the open one of this check and subject that it was seen again, and how it is now. */
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
   * Resolves what is open of this check, but for these subjects. A check says so at each look, of whoever opened the incident: what one
   * process did not live to resolve, the next one does. Answers the subjects that were resolved.
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

  /** Newest first, those before `beforeId`; only the open or only the resolved ones, or, for null, all. */
  async page(db: Executor, open: boolean | null, beforeId: number | null, limit: number): Promise<IncidentRow[]> {
    let query = db.selectFrom('incidents').selectAll();
    if (open !== null) query = query.where('resolved_at', open ? 'is' : 'is not', null);
    if (beforeId !== null) query = query.where('id', '<', beforeId);
    return query.orderBy('id', 'desc').limit(limit).execute();
  }

  /** Those of which the feed does not yet say that they were resolved. */
  async listFeedPending(db: Executor): Promise<IncidentRow[]> {
    return db
      .selectFrom('incidents')
      .selectAll()
      .where(sql<boolean>`feed_pending`)
      .orderBy('id')
      .execute();
  }
}
