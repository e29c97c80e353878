import { messageOf } from '@pugmark/domain';
import { sumOf } from '@pugmark/service-rig';
import { waitUntil } from '@pugmark/toolkit';
import type { Fault, FaultResult } from './fault';
import { FaultRig, WORKERS, type FaultRigOptions } from './fault-rig';
import { Observer } from './observer';
import { SteadyLoad } from './steady-load';

const INITIAL_TASKS = 500;
/** Tasks that are queued or running when a fault begins. */
export const MIN_IN_FLIGHT = 100;
const NOT_ENDED = "state not in ('done', 'failed', 'cancelled')";
const NOTICE_DEADLINE_MS = 60_000;
const RECOVER_DEADLINE_MS = 120_000;

/** Injects one fault into a working system under load, and counts what became of the work. */
export async function runFault(fault: Fault, options: FaultRigOptions): Promise<FaultResult> {
  const rig = await FaultRig.create(options, fault.settings);
  let load: SteadyLoad | undefined;
  try {
    await fault.prepare?.(rig);
    await rig.startAll();
    load = new SteadyLoad(await rig.startRun());
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
    await attempt(problems, () => waitUntilAllEnded(rig));
    if (fault.harmless === true) await attempt(problems, () => assertNothingBlamed(rig));
    await attempt(problems, async () => fault.afterwards?.(rig));
    return {
      name: fault.name,
      harmless: fault.harmless === true,
      inFlight: hit.length,
      noticedSeconds,
      recoveredSeconds,
      ...(await evaluate(rig, load, problems)),
      problems,
    };
  } finally {
    await load?.stop();
    await rig.stop();
  }
}

async function evaluate(
  rig: FaultRig,
  load: SteadyLoad,
  problems: string[],
): Promise<Pick<FaultResult, 'tasks' | 'lost' | 'doubled' | 'failed'>> {
  const tasks = await rig.count('select count(*)::int as n from tasks');
  const unfinished = await rig.count(`select count(*)::int as n from tasks where ${NOT_ENDED}`);
  const vanished = await rig.count(
    `select count(*)::int as n from unnest($1::bigint[]) as c (id)
     where not exists (select 1 from tasks t where t.id = c.id)`,
    load.created,
  );
  const withoutResult = await rig.count(
    `select count(*)::int as n from tasks t join runs r on r.id = t.run_id
     where t.kind = 'detect' and t.state = 'done' and not exists (
       select 1 from inferences i where i.image_id = t.subject_id and i.model_id = r.model_id)`,
  );
  const doubled = await rig.count(
    `select coalesce(sum(n - 1), 0)::int as n
     from (select count(*) as n from rig_effects group by image_id, model_id) per_result`,
  );
  const lost = unfinished + vanished + withoutResult;
  if (lost > 0) problems.push(`lost: ${unfinished} not ended, ${vanished} deleted, ${withoutResult} without a result`);
  if (doubled > 0) problems.push(`${doubled} results written twice`);
  const failed = await failedTasks(rig);
  if (failed.length > 0) problems.push(`${failed.length} good tasks failed: ${failed[0]}`);
  const ended = rig.processes.filter(({ running }) => !running).map(({ name }) => name);
  if (ended.length > 0) problems.push(`exited unexpectedly: ${ended.join(', ')}`);
  const violations = await rig.tasks.findInvariantViolations(0, 0);
  if (violations.length > 0) problems.push(`the invariant is broken: ${JSON.stringify(violations)}`);
  return { tasks, lost, doubled, failed: failed.length };
}

/** Why each task failed or was cancelled, except those of images whose results the database was to refuse. */
async function failedTasks(rig: FaultRig): Promise<readonly string[]> {
  const { rows } = await rig.pool.query<{ reason: string }>(
    `select format('%s %s: %s %s', t.kind, t.state, t.error_code, t.error_message) as reason from tasks t
     where t.state in ('failed', 'cancelled') and not exists (
       select 1 from rig_poison p where t.kind = 'detect' and p.image_id = t.subject_id)`,
  );
  return rows.map(({ reason }) => reason);
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
      const open = await rig.count(`select count(*)::int as n from tasks where id = any($1) and ${NOT_ENDED}`, ids);
      if (open > 0) throw new Error(`${open} tasks that were in flight have not ended`);
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
    what: 'a metric, a log line or a health page that shows it',
    deadlineMs: left,
    signal,
  });
  const seconds = seen.noticedSeconds ?? Infinity;
  if (seconds * 1_000 > NOTICE_DEADLINE_MS) throw new Error(`noticed only after ${seconds.toFixed(0)} s`);
  return seconds;
}

async function waitUntilAllEnded(rig: FaultRig): Promise<void> {
  await waitUntil(async () => (await rig.count(`select count(*)::int as n from tasks where ${NOT_ENDED}`)) === 0, {
    what: 'every task to end',
    deadlineMs: RECOVER_DEADLINE_MS,
    signal: rig.signal,
  });
}

async function assertNothingBlamed(rig: FaultRig): Promise<void> {
  const blamed = await rig.count('select count(*)::int as n from tasks where failures > 0');
  if (blamed > 0) throw new Error(`${blamed} tasks were charged with a failure`);
  for (const worker of WORKERS) {
    const restarts = sumOf(await rig.process(worker).metrics(), 'pugmark_engine_restarts');
    if (restarts > 0) throw new Error(`${worker} restarted ${restarts} engine processes`);
  }
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
