import { findRun, recentlyFinished, summariseRun, type Executor } from '@pugmark/db';
import { etaSeconds, ratePerMinute } from '@pugmark/domain';
import { runResponse, type RunResponse } from '../dto/runs.dto';
import { notFound } from '../api/http-problem';

/** Pictures a minute, to a tenth, and seconds to go, over the last minute of a run, or of all runs. */
export async function progressOf(db: Executor, runId: number | null, remaining: number): Promise<{ ratePerMinute: number; etaSeconds: number | null }> {
  const { finished, seconds } = await recentlyFinished(db, runId);
  const rate = ratePerMinute(finished, seconds);
  return { ratePerMinute: Math.round(rate * 10) / 10, etaSeconds: etaSeconds(remaining, rate) };
}

/** Throws a 404 when there is no such run. */
export async function runDetails(db: Executor, id: number): Promise<RunResponse> {
  const run = await findRun(db, id);
  if (run === null) throw notFound(`run ${id}`);
  const { waiting, queued, running } = run.counts;
  return runResponse(run, await summariseRun(db, id), await progressOf(db, id, waiting + queued + running));
}
