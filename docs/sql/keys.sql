-- The SQL of the reads of this feature, and of the larger writes.
-- Written by libs/db/src/testing/sql-snapshots.int-spec.ts: run it with UPDATE_SNAPSHOTS=1 after a change.

-- ApiKeyRepository.findByPrefix
select *
from "api_keys"
where "prefix" = $1;

-- ApiKeyRepository.filterUsable
select "id"
from "api_keys"
where "id" in ($1) and "revoked_at" is null and ("expires_at" is null or "expires_at" > now());

-- ApiKeyRepository.page
select *
from "api_keys"
where "id" > $1
order by "id"
limit $2;

-- ApiKeyRepository.hasOtherAdmin
select "id"
from "api_keys"
where "id" <> $1 and "project_ids" is null and "revoked_at" is null and "expires_at" is null and 'admin' = any(scopes)
limit $2;

-- SessionRepository.keyOf
select "api_keys".*
from "sessions"
inner join "api_keys" on "api_keys"."id" = "sessions"."key_id"
where "token_hash" = $1 and "sessions"."expires_at" > now();

-- SessionRepository.filterActive
select "token_hash"
from "sessions"
where "token_hash" in ($1) and "expires_at" > now();

-- AuditRepository.page
select "a"."id", "a"."at", "a"."key_id" as "keyId", "k"."name" as "keyName", "a"."operation", "a"."path", "a"."remote_address" as "remoteAddress", "a"."request_id" as "requestId", "a"."status"
from "audit_log" as "a"
left join "api_keys" as "k" on "k"."id" = "a"."key_id"
where "a"."key_id" = $1 and "a"."id" < $2
order by "a"."id" desc
limit $3;

-- IdempotencyRepository.isTaken
select "key"
from "idempotency_keys"
where "key" = $1;
