import { findRun, recentlyFinished, summariseRun, type Executor, type RunOverview } from '@pugmark/db';
import { etaSeconds, ratePerMinute } from '@pugmark/domain';
import { runResponse, runState, type RunResponse } from '../dto/runs.dto';
import { notFound } from '../api/http-problem';

/** Pictures a minute, to a tenth, and seconds to go, over the last minute of a run, or of all runs; `remaining` null: no one can say. */
export async function progressOf(db: Executor, runId: number | null, remaining: number | null): Promise<{ ratePerMinute: number; etaSeconds: number | null }> {
  const { finished, seconds } = await recentlyFinished(db, runId);
  const rate = ratePerMinute(finished, seconds);
  return { ratePerMinute: Math.round(rate * 10) / 10, etaSeconds: remaining === null ? null : etaSeconds(remaining, rate) };
}

/** Throws a 404 when there is no such run. */
export async function runDetails(db: Executor, id: number): Promise<RunResponse> {
  const run = await findRun(db, id);
  if (run === null) throw notFound(`run ${id}`);
  return runResponse(run, await summariseRun(db, id), await progressOf(db, id, remainingOf(run)));
}

/** Tasks of a run that have not ended; null while it is paused. */
export function remainingOf(run: RunOverview): number | null {
  return runState(run) === 'paused' ? null : run.counts.waiting + run.counts.queued + run.counts.running;
}
