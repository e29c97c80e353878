import { sql } from 'kysely';
import type { DatabaseTransaction, Executor } from '../connection/database';

export interface KnownRequest {
  readonly requestHash: Buffer;
  readonly resourceId: number;
}

/** Requests that created a resource, by the Idempotency-Key of the client. */
export class IdempotencyRepository {
  /**
   * Claims the key for this transaction and returns null; or, if a request has it already, returns the resource of that
   * request. Waits for a concurrent request with the same key.
   */
  async take(tx: DatabaseTransaction, key: string, requestHash: Buffer): Promise<KnownRequest | null> {
    const taken = await tx
      .insertInto('idempotency_keys')
      .values({ key, request_hash: requestHash })
      .onConflict((conflict) => conflict.column('key').doNothing())
      .executeTakeFirst();
    if (taken.numInsertedOrUpdatedRows === 1n) return null;
    const row = await tx.selectFrom('idempotency_keys').selectAll().where('key', '=', key).executeTakeFirstOrThrow();
    return { requestHash: row.request_hash, resourceId: row.resource_id! };
  }

  /** Whether a request with this key has created a resource. */
  async isTaken(db: Executor, key: string): Promise<boolean> {
    return (
      (await db.selectFrom('idempotency_keys').select('key').where('key', '=', key).executeTakeFirst()) !== undefined
    );
  }

  /** Sets the resource that the request created, in the same transaction. */
  async setResource(tx: DatabaseTransaction, key: string, resourceId: number): Promise<void> {
    await tx.updateTable('idempotency_keys').set({ resource_id: resourceId }).where('key', '=', key).execute();
  }

  /** Deletes keys that are older than this. Returns how many. */
  async deleteOlderThan(db: Executor, olderThanSeconds: number): Promise<number> {
    const result = await db
      .deleteFrom('idempotency_keys')
      .where('created_at', '<', sql<Date>`now() - ${olderThanSeconds} * interval '1 second'`)
      .executeTakeFirst();
    return Number(result.numDeletedRows);
  }
}
