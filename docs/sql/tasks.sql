-- The SQL of the reads of this feature, and of the larger writes.
-- Written by libs/db/src/testing/sql-snapshots.int-spec.ts: run it with UPDATE_SNAPSHOTS=1 after a change.

-- TaskRepository.dueKinds
select set_config('enable_sort', 'off', true);

select kind from unnest($1::text[]) as kind
where (
  select true from tasks t where t.kind = kind.kind and t.state = 'waiting' and not t.paused
    and t.run_at <= now()
  order by t.priority desc, t.run_at, t.id limit 1
);

-- TaskRepository.markDue, putBack
insert into "tasks" ("kind", "subject_id", "run_id", "priority", "traceparent") values ($1, $2, $3, $4, $5) returning "id";

select count(*) as count, set_config('enable_sort', 'off', true) from tasks where kind = $1 and state = 'queued';

select id, attempt + 1 as attempt, traceparent from tasks
where kind = $1 and state = 'waiting' and not paused and run_at <= now()
  and (run_id is null or run_id <> all (array(select id from runs where cancelled_at is not null and cancel_completed_at is null union all select id from runs where paused_at is not null)))
order by priority desc, run_at, id limit $2 for update skip locked;

update tasks set state = 'queued', queued_at = clock_timestamp()
where id = any($1::bigint[]);

with locked as (
select m.id from (
  select * from unnest($1::bigint[], $2::int[])
    as m (id, attempt) order by id
) m cross join lateral (select state, attempt from tasks where id = m.id limit 1 for update) t
where t.state = 'queued' and t.attempt = m.attempt - 1
)
update tasks t set state = 'waiting', queued_at = null from locked l
where t.id = l.id and t.id = any (array(select id from locked));

-- TaskRepository.claim, renew, stillHeld, commit
select "id"
from "tasks"
where "kind" = $1;

/* prepared */
with wanted as (
  select distinct * from unnest($1::bigint[],
    $2::int[]) as w (id, attempt)
), found as materialized (
  select w.id, t.run_id from wanted w
    cross join lateral (select kind, state, attempt, run_id from tasks where id = w.id limit 1) t
  where t.kind = $3 and t.state in ('waiting', 'queued') and t.attempt = w.attempt - 1
), open_runs as materialized (
  select r.id from runs r
  where r.id in (select run_id from found) and r.cancelled_at is null and r.paused_at is null
  for key share
), locked as (
  select f.id from (
    select f.id, w.attempt from found f join wanted w on w.id = f.id
    where f.run_id is null or f.run_id in (select id from open_runs) order by f.id
  ) f cross join lateral (select state, attempt from tasks where id = f.id limit 1 for update) t
  where t.state in ('waiting', 'queued') and t.attempt = f.attempt - 1
)
update tasks t set
  state = 'running', attempt = t.attempt + 1, paused = false, owner = $4, started_at = clock_timestamp(),
  lease_until = clock_timestamp() + $5 * interval '1 second'
from locked l where t.id = l.id and t.id = any (array(select id from locked))
returning t.id, t.kind, t.subject_id as "subjectId", t.run_id as "runId", t.attempt,
  t.failures, t.interruptions, t.error_code as "lastErrorCode", t.traceparent;

with locked as (
select h.id, h.seconds
from (
  select * from unnest($1::bigint[], $2::int[],
    $3::int[]) as held (id, attempt, seconds)
  order by id
) h cross join lateral (select state, attempt from tasks where id = h.id limit 1 for update) t
where t.attempt = h.attempt and t.state = 'running'
)
update tasks t set lease_until = clock_timestamp() + l.seconds * interval '1 second' from locked l
where t.id = l.id and t.id = any (array(select id from locked))
returning t.id;

select h.id from unnest($1::bigint[], $2::int[])
as h (id, attempt) cross join lateral (select state, attempt from tasks where id = h.id limit 1) t
where t.attempt = h.attempt and t.state = 'running';

/* prepared */
with ended as (
  select * from unnest(
    $1::bigint[], $2::int[],
      $3::text[],
    $4::int[], $5::int[],
    $6::int[], $7::text[],
      $8::text[]
  ) as e (id, attempt, state, failures, interruptions, wait_seconds, error_code, error_message) order by id
), locked as (
  select e.* from ended e
    cross join lateral (select state, attempt from tasks where id = e.id limit 1 for update) t
  where t.attempt = e.attempt and t.state = 'running'
)
update tasks t set
  state = e.state, failures = e.failures, interruptions = e.interruptions, owner = null, lease_until = null,
  -- Of a task that has ended it stays: when it was lost last.
  queued_at = case when e.state = 'waiting' then null else t.queued_at end,
  run_at = case when e.state = 'waiting' then clock_timestamp() + e.wait_seconds * interval '1 second'
    else t.run_at end,
  finished_at = case when e.state = 'waiting' then null else clock_timestamp() end,
  error_code = e.error_code, error_message = e.error_message
from locked e where t.id = e.id and t.id = any (array(select id from locked))
returning t.id, t.attempt;

-- TaskRepository.activeKinds
select kind from unnest($1::text[]) as kind
where exists (select 1 from tasks t where t.kind = kind.kind and t.state = 'queued')
  or exists (select 1 from tasks t where t.kind = kind.kind and t.state = 'running');

-- TaskRepository.reconcile
with expired as (
select id, interruptions + 1 as interruptions, interruptions + 1 >= $1 as exhausted
from tasks where kind = $2 and state = 'running' and lease_until < now()
order by id limit 10000 for update skip locked
), put_back as (
update tasks t set
  state = case when e.exhausted then 'failed' else 'waiting' end, interruptions = e.interruptions,
  run_at = now() + interval '1 second'
    * (least($3, $4 * 2 ^ least(e.interruptions - 1, 30))
      - $5),
  queued_at = null, lease_until = null,
  finished_at = case when e.exhausted then now() end,
  error_code = 'worker_lost',
  error_message = 'the worker ' || t.owner || ' stopped renewing its lease in attempt ' || t.attempt,
  owner = null
from expired e where t.id = e.id
returning t.state
)
select state, count(*) as count from put_back group by state;

with lost as (
select id from tasks where kind = $1 and state = 'queued'
  and queued_at < now() - $2 * interval '1 second'
order by id limit 10000 for update skip locked
)
update tasks t set state = 'waiting', queued_at = null from lost l where t.id = l.id returning t.id;

-- TaskRepository.findInvariantViolations
select kind, state, count(*)::int as count, extract(epoch from now() - min(since))::float8 as "oldestSeconds"
from (
select kind, state, lease_until as since from tasks
  where state = 'running' and lease_until < now() - $1 * interval '1 second'
union all
select kind, state, queued_at from tasks
  where state = 'queued'
    and queued_at < now() - $2 * interval '1 second'
union all
select t.kind, t.state, greatest(t.run_at, k.finished_at) from (
  select kind, (
    select max(ended.finished_at) from tasks ended
    where ended.kind = kinds.kind and ended.state in ('done', 'failed')
  ) as finished_at
  from unnest($3::text[]) as kinds (kind)
  where not exists (select 1 from tasks ahead where ahead.kind = kinds.kind and ahead.state = 'queued')
    and not exists (select 1 from tasks ahead where ahead.kind = kinds.kind and ahead.state = 'running')
) k join tasks t on t.kind = k.kind and t.state = 'waiting' and not t.paused
  where greatest(t.run_at, k.finished_at) < now() - $4 * interval '1 second'
  and (t.run_id is null or t.run_id <> all (array(select id from runs where cancelled_at is not null and cancel_completed_at is null union all select id from runs where paused_at is not null)))
union all
select t.kind, t.state, greatest(r.created_at, r.reconciled_at) from runs r
  join tasks t on t.run_id = r.id and t.paused
  where r.id in (
with recursive found (id) as (
(select run_id from tasks where paused order by run_id limit 1)
union all
select (select t.run_id from tasks t where t.paused and t.run_id > found.id order by t.run_id limit 1) from found
where found.id is not null
) select id from found where id is not null) and r.paused_at is null and r.id <> all (array(select id from runs where cancelled_at is not null and cancel_completed_at is null))
  and greatest(r.created_at, r.reconciled_at) < now() - $5 * interval '1 second'
union all
select t.kind, 'waiting', greatest(r.retry_requested_at, r.reconciled_at) from runs r
  join tasks t on t.run_id = r.id and t.state = 'failed' and not t.paused and t.finished_at <= r.retry_requested_at
and t.attempt <= 32000
  where r.retry_requested_at is not null and greatest(r.retry_requested_at,
    r.reconciled_at) < now() - $6 * interval '1 second'
) broken group by kind, state order by kind, state;
