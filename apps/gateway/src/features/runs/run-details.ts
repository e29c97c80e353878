import { findRun, countRecentlyFinished, summariseRun, type Executor } from '@pugmark/db';
import { runResponse, type RunResponse } from './runs.dto';
import { notFound } from '../../http/http-problem';

/** Throws a 404 when the run does not exist. */
export async function runDetails(db: Executor, id: number): Promise<RunResponse> {
  const run = await findRun(db, id);
  if (run === null) throw notFound(`run ${id}`);
  return runResponse(run, await countRecentlyFinished(db, id), await summariseRun(db, id));
}
