import { sql } from 'kysely';
import type { Executor } from '../connection/database';

export interface NewAuditEntry {
  readonly keyId: number | null;
  readonly operation: string;
  readonly path: string;
  readonly remoteAddress: string | null;
  readonly requestId: string;
}

export interface AuditRow {
  readonly id: number;
  readonly at: Date;
  readonly keyId: number | null;
  readonly keyName: string | null;
  readonly operation: string;
  readonly path: string;
  readonly remoteAddress: string | null;
  readonly requestId: string;
  readonly status: number | null;
}

/** Requests that change something, with their outcome. Append-only. */
export class AuditRepository {
  /** Records a request before it is executed, so that the log includes what a crashed process did not finish. */
  async begin(db: Executor, entry: NewAuditEntry): Promise<number> {
    const { id } = await db
      .insertInto('audit_log')
      .values({
        key_id: entry.keyId,
        operation: entry.operation,
        path: entry.path,
        remote_address: entry.remoteAddress,
        request_id: entry.requestId,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    return id;
  }

  async recordResponse(db: Executor, id: number, status: number): Promise<void> {
    await db
      .updateTable('audit_log')
      .set({ status, responded_at: sql<Date>`now()` })
      .where('id', '=', id)
      .execute();
  }

  /** Lists entries before `beforeId`, newest first. */
  async page(
    db: Executor,
    filter: { readonly keyId?: number },
    beforeId: number | null,
    limit: number,
  ): Promise<AuditRow[]> {
    let query = db
      .selectFrom('audit_log as a')
      .leftJoin('api_keys as k', 'k.id', 'a.key_id')
      .select([
        'a.id',
        'a.at',
        'a.key_id as keyId',
        'k.name as keyName',
        'a.operation',
        'a.path',
        'a.remote_address as remoteAddress',
        'a.request_id as requestId',
        'a.status',
      ]);
    if (filter.keyId !== undefined) query = query.where('a.key_id', '=', filter.keyId);
    if (beforeId !== null) query = query.where('a.id', '<', beforeId);
    return query.orderBy('a.id', 'desc').limit(limit).execute();
  }
}
