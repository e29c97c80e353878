import { sql, type Selectable } from 'kysely';
import { takeAdvisoryLock } from '../connection/advisory-locks';
import type { DatabaseTransaction, Executor } from '../connection/database';
import type { ApiKeysTable } from './keys.tables';

export type ApiKeyRow = Selectable<ApiKeysTable>;

export interface NewApiKey {
  readonly name: string;
  readonly prefix: string;
  readonly secretHash: Buffer;
  readonly scopes: readonly string[];
  /** Null: all projects. */
  readonly projectIds: readonly number[] | null;
  readonly expiresAt: Date | null;
  readonly createdBy: number | null;
}

/** Changes when a key is created or revoked. */
export interface KeysVersion {
  readonly lastId: number;
  readonly revoked: number;
}

export class ApiKeyRepository {
  async create(db: Executor, key: NewApiKey): Promise<ApiKeyRow> {
    return db
      .insertInto('api_keys')
      .values({
        name: key.name,
        prefix: key.prefix,
        secret_hash: key.secretHash,
        scopes: [...key.scopes],
        project_ids: key.projectIds === null ? null : [...key.projectIds],
        expires_at: key.expiresAt,
        created_by: key.createdBy,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
  }

  async findByPrefix(db: Executor, prefix: string): Promise<ApiKeyRow | null> {
    return (await db.selectFrom('api_keys').selectAll().where('prefix', '=', prefix).executeTakeFirst()) ?? null;
  }

  async find(db: Executor, id: number): Promise<ApiKeyRow | null> {
    return (await db.selectFrom('api_keys').selectAll().where('id', '=', id).executeTakeFirst()) ?? null;
  }

  /** Returns those of these keys that are neither revoked nor expired. */
  async filterUsable(db: Executor, ids: readonly number[]): Promise<Set<number>> {
    const rows = await db
      .selectFrom('api_keys')
      .select('id')
      .where('id', 'in', [...ids])
      .where('revoked_at', 'is', null)
      .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', sql<Date>`now()`)]))
      .execute();
    return new Set(rows.map(({ id }) => id));
  }

  async page(db: Executor, afterId: number, limit: number): Promise<ApiKeyRow[]> {
    return db.selectFrom('api_keys').selectAll().where('id', '>', afterId).orderBy('id').limit(limit).execute();
  }

  async list(db: Executor): Promise<ApiKeyRow[]> {
    return db.selectFrom('api_keys').selectAll().execute();
  }

  async readVersion(db: Executor): Promise<KeysVersion> {
    const { rows } = await sql<KeysVersion>`
      select coalesce(max(id), 0) as "lastId", count(revoked_at) as revoked from api_keys`.execute(db);
    return rows[0]!;
  }

  async exists(db: Executor): Promise<boolean> {
    return (await db.selectFrom('api_keys').select('id').limit(1).executeTakeFirst()) !== undefined;
  }

  /** Whether a key other than this one has all scopes, for all projects and without expiry. */
  async hasOtherAdmin(db: Executor, than: number): Promise<boolean> {
    const row = await db
      .selectFrom('api_keys')
      .select('id')
      .where('id', '<>', than)
      .where('project_ids', 'is', null)
      .where('revoked_at', 'is', null)
      .where('expires_at', 'is', null)
      .where(sql<boolean>`'admin' = any(scopes)`)
      .limit(1)
      .executeTakeFirst();
    return row !== undefined;
  }

  /** Prevents other processes from creating the first key or revoking the last one until the transaction ends. */
  async lockKeyCreation(tx: DatabaseTransaction): Promise<void> {
    await takeAdvisoryLock(tx, 'keyCreation');
  }

  /** Revokes the key and ends its sessions; a second call keeps the first time. */
  async revoke(tx: DatabaseTransaction, id: number): Promise<void> {
    await tx
      .updateTable('api_keys')
      .set({ revoked_at: sql<Date>`coalesce(revoked_at, now())` })
      .where('id', '=', id)
      .execute();
    await tx.deleteFrom('sessions').where('key_id', '=', id).execute();
  }

  async recordUse(db: Executor, id: number): Promise<void> {
    await db
      .updateTable('api_keys')
      .set({ last_used_at: sql<Date>`now()` })
      .where('id', '=', id)
      .execute();
  }
}
