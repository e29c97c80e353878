import { setTimeout as delay } from 'node:timers/promises';
import { waitUntil } from '@pugmark/toolkit';
import type { Fault } from '../fault';
import { WORKERS, type FaultRig } from '../fault-rig';

const SERVICES = ['gateway', ...WORKERS] as const;

/** Faults of Postgres and Redis. */
export const STORE_FAULTS: readonly Fault[] = [
  {
    name: 'Postgres restarted',
    short: true,
    inject: async (rig) => {
      await rig.servers.stopServer('postgres');
      await rig.servers.startPostgres();
    },
    noticed: (seen) =>
      SERVICES.some((name) =>
        seen.warned(name, /database connection broke|could not (claim|commit)|background turn failed/),
      ),
  },
  {
    name: 'half-open network to Postgres, 40 s',
    short: false,
    inject: async (rig) => {
      for (const proxy of rig.allPostgres) proxy.pause();
      await delay(40_000, undefined, { signal: rig.signal });
      for (const proxy of rig.allPostgres) proxy.resume();
    },
    noticed: (seen) =>
      SERVICES.some(
        (name) =>
          seen.risen(name, 'pugmark_task_leases_lost_total', { reason: 'overdue' }) > 0 ||
          seen.warned(name, /timeout|could not/),
      ),
  },
  {
    name: 'Redis stopped for the whole run',
    short: false,
    prepare: async (rig) => {
      await rig.servers.stopServer('redis');
      rig.onStop(() => rig.servers.startRedis());
      await rig.addApp('export-worker', 'export-worker');
    },
    // Exports report their progress to Redis, and the API reads it there.
    inject: async (rig) => {
      const ids = await createExports(rig, 20);
      await waitUntil(
        async () =>
          (await rig.count(
            "select count(*)::int as n from tasks where kind = 'export' and subject_id = any($1) and state = 'done'",
            ids,
          )) === ids.length,
        {
          what: 'the exports',
          deadlineMs: 60_000,
          signal: rig.signal,
        },
      );
    },
    noticed: (seen) =>
      seen.value('gateway', 'pugmark_redis_up') === 0 && seen.value('export-worker', 'pugmark_redis_up') === 0,
    afterwards: async (rig) => {
      const files = await rig.count(
        'select count(*)::int as n from exports where file_key is not null and sha256 is not null',
      );
      if (files !== 20) throw new Error(`${files} of 20 exports have a file`);
    },
  },
];

/** Creates exports of an empty project, each with its task in one transaction, as the gateway does. */
async function createExports(rig: FaultRig, count: number): Promise<readonly number[]> {
  const { rows } = await rig.pool.query<{ id: number }>(
    `with project as (insert into projects (name) values ('Redis is away') returning id),
      wanted as (
        insert into exports (project_id, format, content, filter)
        select id, 'csv', 'detections', '{}' from project, generate_series(1, $1) returning id
      )
     insert into tasks (kind, subject_id) select 'export', id from wanted returning subject_id::int as id`,
    [count],
  );
  return rows.map(({ id }) => id);
}
