import { setTimeout as delay } from 'node:timers/promises';
import { ROUTES } from '@pugmark/contracts';
import { waitUntil } from '@pugmark/toolkit';
import type { Fault } from '../fault';
import { WORKERS, shiftedClock, type FaultRig } from '../fault-rig';
import { publishNotifications } from '../publish-notifications';
import { contains } from '../proxy/contains';

const HOUR_MS = 3_600_000;
const NOTIFICATION = ROUTES.detect.wireName;
const MARK = "update tasks set state = 'queued'";

/** Faults in the services themselves. `root` is the workspace. */
export function processFaults(root: string): readonly Fault[] {
  return [
    {
      name: 'worker frozen past two heartbeats',
      short: false,
      // As by a blocked event loop: its connections stay open, and it neither answers nor renews its leases.
      inject: async (rig) => {
        await stopInBatch(rig, 'worker-a');
        await delay(25_000, undefined, { signal: rig.signal });
        rig.process('worker-a').signal('SIGCONT');
      },
      noticed: (seen) => seen.risen('gateway', 'pugmark_tasks_reclaimed_total', { reason: 'lease_expired' }) > 0,
    },
    {
      name: 'worker killed in the middle of a batch',
      short: true,
      inject: async (rig) => {
        await stopInBatch(rig, 'worker-a');
        await rig.process('worker-a').kill();
        rig.process('worker-a').start();
      },
      noticed: (seen) => seen.risen('gateway', 'pugmark_tasks_reclaimed_total', { reason: 'lease_expired' }) > 0,
    },
    {
      name: 'publisher killed between commit and confirm',
      short: false,
      inject: async (rig) => {
        const [gateway, proxy] = [rig.process('gateway'), rig.amqp('gateway')];
        const seen = contains(NOTIFICATION);
        let published = false;
        const forget = proxy.interceptUp((chunk, connection) => {
          // The notifications still reach the broker; their confirms do not come back.
          if (seen(chunk, connection)) {
            published = true;
            proxy.pause('down');
          }
          return 'forward';
        });
        await waitUntil(() => published, {
          what: 'a notification to be published',
          deadlineMs: 30_000,
          everyMs: 5,
          signal: rig.signal,
        });
        await gateway.kill();
        forget();
        proxy.resume();
        gateway.start();
      },
      noticed: (seen) => seen.restarted('gateway'),
    },
    {
      name: 'publisher killed between confirm and recording it',
      short: true,
      inject: async (rig) => {
        const [gateway, proxy] = [rig.process('gateway'), rig.postgres('gateway')];
        const seen = contains(MARK);
        let marking = false;
        const forget = proxy.interceptUp((chunk, connection) => {
          if (!seen(chunk, connection)) return 'forward';
          marking = true;
          return 'hold';
        });
        await waitUntil(() => marking, {
          what: 'notifications to be recorded',
          deadlineMs: 30_000,
          everyMs: 5,
          signal: rig.signal,
        });
        await gateway.kill();
        forget();
        proxy.cut();
        gateway.start();
      },
      noticed: (seen) => seen.restarted('gateway'),
    },
    ...(['ahead', 'behind'] as const).map((direction): Fault => ({
      name: `clocks an hour ${direction}`,
      short: false,
      settings: {
        gateway: shiftedClock(root, direction === 'ahead' ? HOUR_MS : -HOUR_MS),
        'worker-a': shiftedClock(root, direction === 'ahead' ? HOUR_MS : -HOUR_MS),
      },
      inject: (rig) => untilMoreDone(rig, 200),
      noticed: (seen) =>
        Math.abs(seen.value('gateway', 'pugmark_clock_offset_seconds')) > 3_000 &&
        Math.abs(seen.value('worker-a', 'pugmark_clock_offset_seconds')) > 3_000,
    })),
    {
      name: 'two dispatchers racing',
      short: false,
      prepare: async (rig) => void (await rig.addApp('gateway-b', 'gateway')),
      inject: (rig) => untilMoreDone(rig, 300),
      noticed: (seen) =>
        ['gateway', 'gateway-b'].every((name) => seen.risen(name, 'pugmark_task_notifications_published_total') > 0),
    },
    {
      name: 'duplicate and reordered deliveries',
      short: true,
      inject: async (rig) => {
        const { rows } = await rig.pool.query<{ id: number; attempt: number }>(
          `select id::int, attempt::int from tasks
           where state in ('waiting', 'queued', 'running')
           order by random() limit 400`,
        );
        // Notifications of the current, the previous and the next attempt, twice each and in random order.
        const notifications = rows.flatMap(({ id, attempt }) =>
          [attempt, attempt + 1, attempt + 2].filter((n) => n > 0).map((n) => ({ taskId: id, attempt: n })),
        );
        await publishNotifications(rig.amqpUrl, shuffled([...notifications, ...notifications]));
      },
      noticed: (seen) => WORKERS.some((worker) => seen.risen(worker, 'pugmark_task_notifications_stale_total') > 0),
    },
    {
      name: 'dispatcher down for a minute',
      short: false,
      inject: async (rig) => {
        await rig.process('gateway').kill();
        await delay(60_000, undefined, { signal: rig.signal });
        rig.process('gateway').start();
      },
      noticed: (seen) => seen.value('watchdog', 'pugmark_invariant_violations', { state: 'waiting' }) > 0,
    },
  ];
}

async function untilMoreDone(rig: FaultRig, count: number): Promise<void> {
  const before = await rig.tasksDone();
  await waitUntil(async () => (await rig.tasksDone()) >= before + count, {
    what: `${count} more tasks`,
    deadlineMs: 60_000,
    signal: rig.signal,
  });
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}

/** Stops a worker (SIGSTOP) while it holds running tasks: between two batches it holds none. */
async function stopInBatch(rig: FaultRig, name: string): Promise<void> {
  const worker = rig.process(name);
  await waitUntil(
    async () => {
      worker.signal('SIGSTOP');
      const held = await rig.count(
        "select count(*)::int as n from tasks where state = 'running' and owner like '%/' || $1",
        String(worker.pid),
      );
      if (held === 0) worker.signal('SIGCONT');
      return held > 0;
    },
    { what: `${name} to be in the middle of a batch`, deadlineMs: 30_000, everyMs: 50, signal: rig.signal },
  );
}
