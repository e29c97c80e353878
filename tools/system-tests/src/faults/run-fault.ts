import { messageOf } from '@pugmark/domain';
import { waitUntil } from '@pugmark/toolkit';
import type { Fault, FaultResult } from './fault';
import { FaultRig, type FaultRigOptions } from './fault-rig';
import { Observer } from './observer';
import { SteadyLoad } from './steady-load';

const INITIAL_TASKS = 4_000;
const MIN_IN_FLIGHT = 300;
const NOTICE_DEADLINE_MS = 60_000;
const RECOVER_DEADLINE_MS = 120_000;

/** Injects one fault into a working system under load, and counts what became of the work. */
export async function runFault(fault: Fault, options: FaultRigOptions): Promise<FaultResult> {
  const rig = await FaultRig.create(options, fault.settings);
  const load = new SteadyLoad(rig.pool);
  try {
    await fault.prepare?.(rig);
    await rig.startAll();
    await load.create(INITIAL_TASKS);
    load.start();
    const hit = await waitUntil(
      async () => {
        const ids = await inFlight(rig);
        return ids.length >= MIN_IN_FLIGHT && ids;
      },
      { what: `${MIN_IN_FLIGHT} tasks in flight`, deadlineMs: 30_000, everyMs: 20, signal: rig.signal },
    );

    const seen = new Observer(rig.processes);
    await seen.begin();
    seen.watch((observer) => fault.noticed(observer));
    const problems: string[] = [];
    const began = performance.now();
    await fault.inject(rig);
    const over = performance.now();
    const recoveredSeconds = await attempt(problems, async () => {
      await waitForRecovery(rig, hit);
      return (performance.now() - over) / 1_000;
    });
    const noticedSeconds = await attempt(problems, () => noticed(seen, began, rig.signal));
    await seen.stop();
    await load.stop();
    await attempt(problems, () => waitUntilAllDone(rig));
    await attempt(problems, async () => fault.afterwards?.(rig));
    return {
      name: fault.name,
      inFlight: hit.length,
      noticedSeconds,
      recoveredSeconds,
      ...(await evaluate(rig, load, problems)),
      problems,
    };
  } finally {
    await load.stop();
    await rig.stop();
  }
}

async function evaluate(
  rig: FaultRig,
  load: SteadyLoad,
  problems: string[],
): Promise<Pick<FaultResult, 'tasks' | 'lost' | 'doubled'>> {
  const tasks = await rig.count('select count(*)::int as n from tasks');
  const unfinished = await rig.count("select count(*)::int as n from tasks where state <> 'done'");
  const vanished = await rig.count(
    `select count(*)::int as n from unnest($1::bigint[]) as c (id)
     where not exists (select 1 from tasks t where t.id = c.id)`,
    load.created,
  );
  const withoutResult = await rig.count(
    `select count(*)::int as n from tasks t
     where kind = 'detect' and state = 'done' and not exists (select 1 from rig_effects e where e.task_id = t.id)`,
  );
  const doubled = await rig.count(
    'select coalesce(sum(n - 1), 0)::int as n from (select count(*) as n from rig_effects group by task_id) per_task',
  );
  const lost = unfinished + vanished + withoutResult;
  if (lost > 0) problems.push(`lost: ${unfinished} not done, ${vanished} deleted, ${withoutResult} without a result`);
  if (doubled > 0) problems.push(`${doubled} results written twice`);
  const ended = rig.processes.filter(({ running }) => !running).map(({ name }) => name);
  if (ended.length > 0) problems.push(`exited unexpectedly: ${ended.join(', ')}`);
  const violations = await rig.tasks.findInvariantViolations(0, 0);
  if (violations.length > 0) problems.push(`the invariant is broken: ${JSON.stringify(violations)}`);
  return { tasks, lost, doubled };
}

async function inFlight(rig: FaultRig): Promise<readonly number[]> {
  const { rows } = await rig.pool.query<{ id: number }>(
    "select id::int from tasks where state in ('queued', 'running')",
  );
  return rows.map(({ id }) => id);
}

/** Waits until all tasks in flight have ended and every service is ready. */
async function waitForRecovery(rig: FaultRig, ids: readonly number[]): Promise<void> {
  await waitUntil(
    async () => {
      const open = await rig.count("select count(*)::int as n from tasks where id = any($1) and state <> 'done'", ids);
      if (open > 0) throw new Error(`${open} tasks that were in flight are not done`);
      for (const process of rig.processes) {
        const problem = await process.problem();
        if (problem !== null) throw new Error(`${process.name}: ${problem}`);
      }
      return true;
    },
    { what: 'recovery', deadlineMs: RECOVER_DEADLINE_MS, signal: rig.signal },
  );
}

async function noticed(seen: Observer, began: number, signal: AbortSignal): Promise<number> {
  const left = Math.max(1, NOTICE_DEADLINE_MS - (performance.now() - began));
  await waitUntil(() => seen.noticedSeconds !== null, {
    what: 'a metric or a log line that shows the fault',
    deadlineMs: left,
    signal,
  });
  const seconds = seen.noticedSeconds ?? Infinity;
  if (seconds * 1_000 > NOTICE_DEADLINE_MS) throw new Error(`noticed only after ${seconds.toFixed(0)} s`);
  return seconds;
}

async function waitUntilAllDone(rig: FaultRig): Promise<void> {
  await waitUntil(async () => (await rig.count("select count(*)::int as n from tasks where state <> 'done'")) === 0, {
    what: 'every task to be done',
    deadlineMs: RECOVER_DEADLINE_MS,
    signal: rig.signal,
  });
}

/** Records the error of a failed check, so that the other checks still run. */
async function attempt<T>(problems: string[], check: () => Promise<T>): Promise<T | null> {
  try {
    return await check();
  } catch (error) {
    problems.push(messageOf(error));
    return null;
  }
}
