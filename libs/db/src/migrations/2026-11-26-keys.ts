import { sql, type Kysely } from 'kysely';

/** Who may do what, who is signed in, and who did what. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  `create table api_keys (
    id bigint generated always as identity primary key,
    name text not null,
    prefix text not null unique,
    secret_hash bytea not null,
    scopes text[] not null,
    project_ids bigint[],
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    created_by bigint references api_keys,
    created_at timestamptz not null default now()
  )`,
  `comment on column api_keys.prefix is 'the part of the key that is shown, by which it is looked up'`,
  `comment on column api_keys.secret_hash is 'SHA-256 of the whole key; the key itself is stored nowhere'`,
  `comment on column api_keys.project_ids is 'null: all projects'`,
  `create index api_keys_created_by on api_keys (created_by)`,

  `create table sessions (
    id bigint generated always as identity primary key,
    token_hash bytea not null unique,
    key_id bigint not null references api_keys,
    expires_at timestamptz not null,
    created_at timestamptz not null default now()
  )`,
  `create index sessions_key on sessions (key_id)`,
  `create index sessions_expires on sessions (expires_at)`,

  `create table audit_log (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    key_id bigint references api_keys,
    operation text not null,
    path text not null,
    remote_address text,
    request_id text not null,
    status int,
    answered_at timestamptz
  )`,
  `comment on column audit_log.status is 'what was answered; null: nothing yet, or the process ended before it could'`,
  `create index audit_log_key on audit_log (key_id, id)`,
];
