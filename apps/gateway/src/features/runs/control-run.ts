import { findRun, inTransaction, type DatabaseTransaction, type RunOverview } from '@pugmark/db';
import { HttpProblem, notFound } from '../../http/http-problem';
import type { RunsDependencies } from './runs.dependencies';
import { runState } from './runs.dto';

/** Cancels the unfinished work of a run. Cancelling twice is allowed, cancelling a finished run is not. */
export function cancelRun(deps: RunsDependencies, id: number): Promise<void> {
  return withLockedRun(deps, id, async (tx, run) => {
    refuseIfDone(run);
    await deps.runControl.cancel(tx, id);
  });
}

/** Holds back work that has not started. Pausing twice is allowed. */
export function pauseRun(deps: RunsDependencies, id: number): Promise<void> {
  return withLockedRun(deps, id, async (tx, run) => {
    refuseIfCancelled(run);
    refuseIfDone(run);
    await deps.runControl.pause(tx, id);
  });
}

/** Resuming a run that is not paused is allowed. */
export function resumeRun(deps: RunsDependencies, id: number): Promise<void> {
  return withLockedRun(deps, id, (tx) => deps.runControl.resume(tx, id));
}

/** Retries failed images. A paused run stays paused unless it is done, since a finished run cannot be paused. */
export function retryRun(deps: RunsDependencies, id: number): Promise<void> {
  return withLockedRun(deps, id, async (tx, run) => {
    refuseIfCancelled(run);
    if (runState(run) === 'done') await deps.runControl.resume(tx, id);
    if (!(await deps.runControl.retry(tx, id)))
      throw new HttpProblem(409, 'no_failed_images', 'no image of the run failed: there is nothing to retry');
  });
}

export function updateRun(deps: RunsDependencies, id: number, priority: number): Promise<void> {
  return withLockedRun(deps, id, async (tx, run) => {
    refuseIfCancelled(run);
    refuseIfDone(run);
    await deps.runControl.setPriority(tx, id, priority);
  });
}

/** Locks the run's row, so that its state does not change meanwhile, except by the results of its running tasks. */
async function withLockedRun(
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
  if (runState(run) === 'done') throw new HttpProblem(409, 'already_done', 'the run is already done');
}

function refuseIfCancelled(run: RunOverview): void {
  if (runState(run) === 'cancelled') throw new HttpProblem(409, 'cancelled', 'the run was cancelled: start a new one');
}
