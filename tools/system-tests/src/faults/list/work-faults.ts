import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readTensorflowState } from '@pugmark/inference';
import { sumOf, type RigProcess } from '@pugmark/service-rig';
import { tensorflowDir } from '@pugmark/tensorflow';
import { waitUntil } from '@pugmark/toolkit';
import type { Fault } from '../fault';
import { WORKERS, type FaultRig } from '../fault-rig';
import { contains } from '../proxy/contains';

/** The query with which the handler of detect tasks begins. */
const FIND_FILES = '"mode", "location" from "images"';
const CONVERTERS = 16;
/** Without pause, so that many images are in one killed process after another. */
const ENGINE_KILLS = 6;
const SLOW_IMAGE_MS = 20_000;
const SLOW_IMAGES = 4;
const LOAD_MS = 180_000;

/** SQLSTATE of a refused result, and how its task fails: refused data, a missing table, a limit of the program. */
const REFUSALS: Readonly<Record<string, string>> = {
  '23514': 'result_refused',
  '42P01': 'result_not_written',
  '54000': 'result_not_written',
};
const POISONED_IMAGES = 9;

/** Faults of the work itself: it hangs, is slow, is killed, or its result is refused. `root` is the workspace. */
export function workFaults(root: string): readonly Fault[] {
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
    {
      name: 'commit poisoned by some results',
      short: true,
      inject: async (rig) => {
        await until(rig, `${POISONED_IMAGES} images that wait`, 10_000, () => poison(rig));
        await until(rig, 'the poisoned images to end', 60_000, async () => (await poisonedTasks(rig, 'open')) === 0);
      },
      noticed: (seen) => WORKERS.some((worker) => seen.warned(worker, /the result of a task could not be written/)),
      afterwards: async (rig) => {
        for (const [sqlstate, code] of Object.entries(REFUSALS)) {
          const failed = await poisonedTasks(rig, 'failed with the reason', sqlstate, code);
          const expected = POISONED_IMAGES / Object.keys(REFUSALS).length;
          if (failed !== expected)
            throw new Error(`${failed} of ${expected} images refused with ${sqlstate} failed as ${code}`);
        }
      },
    },
    {
      // The kernel of a machine or container that has no memory left sends the same signal. A group with a limit cannot
      // be created everywhere, and which process the kernel then kills cannot be chosen.
      name: `engine processes killed ${ENGINE_KILLS} times in a row (SIGKILL, as for lack of memory)`,
      short: true,
      inject: async (rig) => void (await Promise.all(WORKERS.map((worker) => killEngines(rig, worker)))),
      noticed: (seen) =>
        WORKERS.every(
          (worker) =>
            seen.risen(worker, 'pugmark_engine_restarts') > 0 && seen.warned(worker, /lack of memory.*is restarted/),
        ),
    },
    {
      name: `${CONVERTERS} processes convert a model at once`,
      short: false,
      harmless: true,
      unavailableReason: () => {
        const state = readTensorflowState(tensorflowDir(root));
        return state.installed ? null : `TensorFlow converts models, and is not installed: ${state.problem}`;
      },
      prepare: (rig) => Promise.resolve(rmSync(convertedFolder(rig), { recursive: true, force: true })),
      inject: async (rig) => {
        const worker = rig.process('worker-a');
        await worker.stop();
        worker.start({
          ML_ENGINE: 'tensorflow',
          ML_DEVICE: 'cpu',
          TENSORFLOW_DIR: tensorflowDir(root),
          ML_PROCESSES: String(CONVERTERS),
        });
        await worker.ready(rig.signal, 300_000);
      },
      noticed: (seen) => seen.unready('worker-a', /starting/),
      afterwards: async (rig) => {
        const up = sumOf(await rig.process('worker-a').metrics(), 'pugmark_engine_processes_up');
        if (up !== CONVERTERS) throw new Error(`${up} of ${CONVERTERS} engine processes are up`);
        const folder = convertedFolder(rig);
        const found = existsSync(folder) ? readdirSync(folder) : [];
        if (found.length !== 1) throw new Error(`converted models: ${found.join(', ') || 'none'}`);
      },
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

/** Lets the database refuse the results of some images that wait, in equal parts for each reason. */
async function poison(rig: FaultRig): Promise<boolean> {
  const { rowCount } = await rig.pool.query(
    `with chosen as (
       select subject_id from tasks where kind = 'detect' and state = 'waiting' order by random() limit $2 for update)
     insert into rig_poison (image_id, sqlstate)
     select subject_id, ($1::text[])[1 + (row_number() over ()) % cardinality($1::text[])] from chosen`,
    [Object.keys(REFUSALS), POISONED_IMAGES],
  );
  return rowCount === POISONED_IMAGES;
}

async function poisonedTasks(
  rig: FaultRig,
  which: 'open' | 'failed with the reason',
  sqlstate: string | null = null,
  code: string | null = null,
): Promise<number> {
  return rig.count(
    `select count(*)::int as n from tasks t join rig_poison p on t.kind = 'detect' and t.subject_id = p.image_id
     where ($1::text is null or p.sqlstate = $1)
       and case when $3 then t.state <> 'failed' else t.state = 'failed' and t.error_code = $2 and t.attempt = 1
         and t.error_message like '%the result of image ' || p.image_id || ' is refused' end`,
    sqlstate,
    code,
    which === 'open',
  );
}

/** Kills the engine process of a worker, and those that replace it, each as soon as the worker has images for it. */
async function killEngines(rig: FaultRig, name: string): Promise<void> {
  const worker = rig.process(name);
  let killed: number | null = null;
  for (let kill = 0; kill < ENGINE_KILLS; kill += 1)
    await until(rig, `the engine of ${name} to be at work`, 60_000, async () => {
      const pid = enginePid(worker);
      const held = await rig.count(
        "select count(*)::int as n from tasks where state = 'running' and owner like '%/' || $1",
        String(worker.pid),
      );
      if (pid === null || pid === killed || held === 0) return false;
      killed = pid;
      return process.kill(pid, 'SIGKILL');
    });
}

/** The engine process that the worker reported last; `pid` is in the line twice, and the second one is the engine's. */
function enginePid(worker: RigProcess): number | null {
  const ready = worker.lines.findLast(({ text }) => text.includes('"an engine process is ready"'));
  return ready === undefined ? null : (JSON.parse(ready.text) as { pid: number }).pid;
}

function convertedFolder(rig: FaultRig): string {
  return join(rig.folder, 'models', 'converted');
}

async function until(
  rig: FaultRig,
  what: string,
  deadlineMs: number,
  ask: () => boolean | undefined | Promise<boolean | undefined>,
): Promise<void> {
  await waitUntil(ask, { what, deadlineMs, signal: rig.signal });
}
