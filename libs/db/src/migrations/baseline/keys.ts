import { CREATED_AT, ID } from './columns';

/** Access: API keys, browser sessions, the audit log, and the requests made with an Idempotency-Key. */
export const KEYS: readonly string[] = [
  `create table api_keys (
    ${ID},
    name text not null,
    prefix text not null unique,
    secret_hash bytea not null,
    scopes text[] not null,
    project_ids bigint[],
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    created_by bigint references api_keys,
    ${CREATED_AT}
  )`,
  `comment on column api_keys.prefix is 'the visible part of the key, by which it is looked up'`,
  `comment on column api_keys.secret_hash is 'SHA-256 of the whole key; the key itself is not stored'`,
  `comment on column api_keys.project_ids is 'null: all projects'`,
  `create index api_keys_created_by on api_keys (created_by)`,

  `create table sessions (
    ${ID},
    token_hash bytea not null unique,
    key_id bigint not null references api_keys,
    expires_at timestamptz not null,
    ${CREATED_AT}
  )`,
  `create index sessions_key on sessions (key_id)`,
  `create index sessions_expires on sessions (expires_at)`,

  // One row for each request that changes something.
  `create table audit_log (
    ${ID},
    at timestamptz not null default now(),
    key_id bigint references api_keys,
    operation text not null,
    path text not null,
    remote_address text,
    request_id text not null,
    status int,
    responded_at timestamptz
  )`,
  `comment on column audit_log.status
    is 'HTTP status of the response; null: not sent yet, or the process ended before'`,
  `create index audit_log_key on audit_log (key_id, id)`,

  // Makes a repeated request return the resource that the first one created.
  `create table idempotency_keys (
    key text primary key,
    request_hash bytea not null,
    resource_id bigint,
    ${CREATED_AT}
  )`,
  `comment on column idempotency_keys.resource_id
    is 'the resource that the request created; null only within the transaction that creates it'`,
  `create index idempotency_keys_created on idempotency_keys (created_at)`,
];
