import { sql, type Kysely } from 'kysely';

/**
 * A cancel marks the run and what is under way of it; its waiting tasks, which may be millions, are cancelled in chunks
 * afterwards. `cancel_swept_at` says that none is left.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('alter table runs add column cancel_swept_at timestamptz').execute(db);
  await sql
    .raw('create index runs_unswept on runs (id) where cancelled_at is not null and cancel_swept_at is null')
    .execute(db);
}
