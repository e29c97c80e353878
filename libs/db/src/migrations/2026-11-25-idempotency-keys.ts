import { sql, type Kysely } from 'kysely';

/** What a request with an Idempotency-Key made, so that the same request makes it once. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  `create table idempotency_keys (
    key text primary key,
    request_hash bytea not null,
    resource_id bigint,
    created_at timestamptz not null default now()
  )`,
  `comment on column idempotency_keys.resource_id is 'what the request made; null only within the transaction that makes it'`,
  `create index idempotency_keys_created on idempotency_keys (created_at)`,
];
