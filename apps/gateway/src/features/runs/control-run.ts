import { findRun, inTransaction, type DatabaseTransaction, type RunOverview } from '@pugmark/db';
import { HttpProblem, notFound } from '../../http/http-problem';
import type { RunsDependencies } from './runs.dependencies';
import { runState } from './runs.dto';

/** Cancels what has not ended. To cancel twice is in order, to cancel what is done is not. */
export function cancelRun(deps: RunsDependencies, id: number): Promise<void> {
  return control(deps, id, async (tx, run) => {
    refuseIfDone(run);
    await deps.runControl.cancel(tx, id);
  });
}

/** Stops what has not begun. To pause twice is in order. */
export function pauseRun(deps: RunsDependencies, id: number): Promise<void> {
  return control(deps, id, async (tx, run) => {
    refuseIfCancelled(run);
    refuseIfDone(run);
    await deps.runControl.pause(tx, id);
  });
}

/** To resume what is not paused is in order. */
export function resumeRun(deps: RunsDependencies, id: number): Promise<void> {
  return control(deps, id, (tx) => deps.runControl.resume(tx, id));
}

/** Starts over what failed. A paused run stays paused, unless it is done: what is over cannot be held up. */
export function retryRun(deps: RunsDependencies, id: number): Promise<void> {
  return control(deps, id, async (tx, run) => {
    refuseIfCancelled(run);
    if (runState(run) === 'done') await deps.runControl.resume(tx, id);
    if (!(await deps.runControl.retry(tx, id)))
      throw new HttpProblem(409, 'nothing_failed', 'no image of the run failed: there is nothing to start over');
  });
}

export function updateRun(deps: RunsDependencies, id: number, priority: number): Promise<void> {
  return control(deps, id, async (tx, run) => {
    refuseIfCancelled(run);
    refuseIfDone(run);
    await deps.runControl.setPriority(tx, id, priority);
  });
}

/** With the run's row locked: its state stays what it is while it is acted on, but for what its running tasks come to. */
async function control(
  deps: RunsDependencies,
  id: number,
  act: (tx: DatabaseTransaction, run: RunOverview) => Promise<void>,
): Promise<void> {
  await inTransaction(deps.db, async (tx) => {
    const run = (await deps.runs.lock(tx, id)) ? await findRun(tx, id) : null;
    if (run === null) throw notFound(`run ${id}`);
    await act(tx, run);
  });
}

function refuseIfDone(run: RunOverview): void {
  if (runState(run) === 'done') throw new HttpProblem(409, 'already_done', 'the run is done already');
}

function refuseIfCancelled(run: RunOverview): void {
  if (runState(run) === 'cancelled') throw new HttpProblem(409, 'cancelled', 'the run was cancelled: start a new one');
}
