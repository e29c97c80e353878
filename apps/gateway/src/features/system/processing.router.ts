import { countUnpausedTasks, countTasks, findRun, countRecentlyFinished } from '@pugmark/db';
import { unprocessable } from '../../http/http-problem';
import { jsonOf, operation, type Operation } from '../../http/operation';
import type { SystemDependencies } from './system.dependencies';
import { ProcessingQuery, ProcessingResponse, progressResponse } from './processing.dto';
import { remainingOf } from '../runs/runs.dto';

export function processingRouter(deps: SystemDependencies): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/processing/status',
      name: 'getProcessingStatus',
      summary: 'Images that wait for a model, and their rate of progress',
      scope: 'read',
      query: ProcessingQuery,
      references: ({ runId }) => (runId === undefined ? [] : [{ resource: 'runs', id: runId }]),
      answer: { status: 200, json: jsonOf(ProcessingResponse) },
      problems: [422],
      handle: async ({ query: { runId } }) => {
        const run = runId === undefined ? undefined : await findRun(deps.db, runId);
        if (run === null) throw unprocessable('run_missing', 'runId', `there is no run ${runId}`);
        const counts = run?.counts ?? (await countTasks(deps.db, { kind: 'detect' }));
        const remaining = run === undefined ? await countUnpausedTasks(deps.db, 'detect') : remainingOf(run);
        return {
          processing: counts.running,
          pending: counts.waiting + counts.queued,
          completed: counts.done,
          failed: counts.failed,
          ...progressResponse(await countRecentlyFinished(deps.db, runId ?? null), remaining),
        };
      },
    }),
  ];
}
