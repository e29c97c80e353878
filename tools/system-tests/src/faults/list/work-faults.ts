import { sumOf, type RigProcess } from '@pugmark/service-rig';
import { waitUntil } from '@pugmark/toolkit';
import type { Fault } from '../fault';
import type { FaultRig } from '../fault-rig';
import { contains } from '../proxy/contains';

/** The query with which the handler of detect tasks begins. */
const FIND_FILES = '"mode", "location" from "images"';
const SLOW_IMAGE_MS = 20_000;
const SLOW_IMAGES = 4;
const LOAD_MS = 180_000;

/** Faults of the work itself: it hangs, is slow, is killed, or its result is refused. */
export function workFaults(): readonly Fault[] {
  return [
    {
      name: 'handler that never settles',
      short: true,
      // The limit for progress is four times as long.
      settings: { 'worker-a': { ML_IMAGE_DEADLINE_MS: '2000', SHUTDOWN_TIMEOUT_MS: '3000' } },
      inject: async (rig) => {
        const [worker, proxy] = [rig.process('worker-a'), rig.postgres('worker-a')];
        const asked = contains(FIND_FILES);
        let held = false;
        // Only this query is never answered: leases have connections of their own, and other batches go on.
        const forget = proxy.interceptUp((chunk, connection) => {
          if (held || !asked(chunk, connection)) return 'forward';
          held = true;
          return 'hold';
        });
        await until(rig, 'a handler to hang', 30_000, () => held);
        forget();
        await until(rig, 'the worker to end', 60_000, () => !worker.running);
        // As its supervisor does.
        worker.start();
      },
      noticed: (seen) => seen.warned('worker-a', /makes no progress/),
      afterwards: async (rig) => {
        const givenBack = await rig.count('select count(*)::int as n from tasks where failures = 1');
        if (givenBack === 0) throw new Error('no task was given back as failed');
      },
    },
    {
      name: 'slow model, 20 s per image',
      short: false,
      harmless: true,
      settings: {
        'worker-a': { ML_NULL_IMAGE_MS: String(SLOW_IMAGE_MS), ML_BATCH: '2', ML_BATCHES_PER_PROCESS: '1' },
      },
      inject: (rig) =>
        until(
          rig,
          `${SLOW_IMAGES} slow images`,
          (SLOW_IMAGES + 2) * SLOW_IMAGE_MS,
          async () =>
            sumOf(await rig.process('worker-a').metrics(), 'pugmark_tasks_finished_total', { outcome: 'done' }) >=
            SLOW_IMAGES,
        ),
      // It holds tasks, its engine is up, and the watchdog sees no standstill.
      noticed: (seen) =>
        seen.value('worker-a', 'pugmark_tasks_claimed_total') >
          seen.value('worker-a', 'pugmark_tasks_finished_total') &&
        seen.value('worker-a', 'pugmark_engine_processes_up') === 1 &&
        seen.value('watchdog', 'pugmark_task_standstill_seconds') === 0,
      afterwards: async (rig) => {
        const again = await rig.count('select count(*)::int as n from tasks where attempt > 1');
        if (again > 0) throw new Error(`${again} tasks needed another attempt`);
      },
    },
    {
      name: 'model that takes 3 minutes to load',
      short: false,
      harmless: true,
      inject: async (rig) => {
        const worker = rig.process('worker-a');
        await worker.stop();
        worker.start({ ML_NULL_LOAD_MS: String(LOAD_MS) });
        // The model that a worker starts with, and another that a run needs later: each is loaded for three minutes.
        await worker.ready(rig.signal, LOAD_MS + 60_000);
        await waitForLoad(rig, worker);
      },
      noticed: (seen) => seen.unready('worker-a', /starting/),
    },
  ];
}

/** Lets tasks of another model wait until a worker has loaded it: in their first attempt, and shown as not ready. */
async function waitForLoad(rig: FaultRig, worker: RigProcess): Promise<void> {
  await rig.pool.query(
    `insert into models (name, version, licence, threshold, manifest)
     select 'another', '1', licence, threshold, manifest || '{"name": "another"}' from models where is_default`,
  );
  const run = await rig.startRun('another');
  await run.create(200);
  const ofRun = (condition: string): Promise<number> =>
    rig.count(`select count(*)::int as n from tasks where run_id = $1 and ${condition}`, run.id);
  await until(rig, 'the engine to be shown as not ready', 60_000, async () =>
    (await worker.problem())?.includes('no engine process is ready'),
  );
  await until(rig, 'the run of the other model', LOAD_MS + 60_000, async () => (await ofRun("state <> 'done'")) === 0);
  const waited = await ofRun(`finished_at - started_at > interval '${LOAD_MS} ms'`);
  if (waited === 0) throw new Error('no task waited for the model to be loaded');
  const again = await ofRun('attempt > 1');
  if (again > 0) throw new Error(`${again} tasks that waited for the model needed another attempt`);
}

async function until(
  rig: FaultRig,
  what: string,
  deadlineMs: number,
  ask: () => boolean | undefined | Promise<boolean | undefined>,
): Promise<void> {
  await waitUntil(ask, { what, deadlineMs, signal: rig.signal });
}
