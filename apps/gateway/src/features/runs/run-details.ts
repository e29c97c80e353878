import { findRun, recentlyFinished, summariseRun, type Executor } from '@pugmark/db';
import { runResponse, type RunResponse } from './runs.dto';
import { notFound } from '../../http/http-problem';

/** Throws a 404 when there is no such run. */
export async function runDetails(db: Executor, id: number): Promise<RunResponse> {
  const run = await findRun(db, id);
  if (run === null) throw notFound(`run ${id}`);
  return runResponse(run, await recentlyFinished(db, id), await summariseRun(db, id));
}
