import { sql } from 'kysely';
import type { Executor } from '../connection/database';
import type { ApiKeyRow } from './api-key.repository';

/** Sessions with a cookie. A session has the permissions of its key. */
export class SessionRepository {
  async create(db: Executor, keyId: number, tokenHash: Buffer, seconds: number): Promise<void> {
    await db
      .insertInto('sessions')
      .values({ token_hash: tokenHash, key_id: keyId, expires_at: sql<Date>`now() + ${seconds} * interval '1 second'` })
      .execute();
  }

  /** The key of an active session. */
  async keyOf(db: Executor, tokenHash: Buffer): Promise<ApiKeyRow | null> {
    const row = await db
      .selectFrom('sessions')
      .innerJoin('api_keys', 'api_keys.id', 'sessions.key_id')
      .selectAll('api_keys')
      .where('token_hash', '=', tokenHash)
      .where('sessions.expires_at', '>', sql<Date>`now()`)
      .executeTakeFirst();
    return row ?? null;
  }

  /** Returns those of these sessions that are active, by the base64 of their token hashes. */
  async filterActive(db: Executor, tokenHashes: readonly Buffer[]): Promise<Set<string>> {
    const rows = await db
      .selectFrom('sessions')
      .select('token_hash')
      .where('token_hash', 'in', [...tokenHashes])
      .where('expires_at', '>', sql<Date>`now()`)
      .execute();
    return new Set(rows.map((row) => row.token_hash.toString('base64')));
  }

  async end(db: Executor, tokenHash: Buffer): Promise<void> {
    await db.deleteFrom('sessions').where('token_hash', '=', tokenHash).execute();
  }

  async deleteExpired(db: Executor): Promise<void> {
    await db
      .deleteFrom('sessions')
      .where('expires_at', '<', sql<Date>`now()`)
      .execute();
  }
}
