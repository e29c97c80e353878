import { compareRuns, countOpenRuns, listComparedImages, listRuns, type DatabaseTransaction } from '@pugmark/db';
import { unprocessable } from '../../http/http-problem';
import { body, jsonOf, operation, type Operation } from '../../http/operation';
import type { RunsDependencies } from './runs.dependencies';
import { classifySettings } from '../models/models.dto';
import { ProjectPageQuery, afterId, pageOf, pageTypeOf } from '../../http/dto/paging';
import { CompareRunsQuery, RunComparisonResponse } from './run-comparison.dto';
import { CreateRunBody, RunListItem, RunResponse, UpdateRunBody, runListItem } from './runs.dto';
import { cancelRun, pauseRun, resumeRun, retryRun, updateRun } from './control-run';
import { createOnce } from '../../http/idempotency/create-once';
import { formEvents } from '../events/form-events';
import { imageFilterOf } from '../images/image-filter';
import { requirePlace } from '../deployments/require-deployment';
import { requireNamedProject } from '../projects/require-project';
import { modelsOfNewRun } from './models-of-new-run';
import { requireCapacity, type CapacityLimit } from '../../http/require-capacity';
import { runDetails } from './run-details';

export function runsRouter(deps: RunsDependencies): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/runs',
      name: 'listRuns',
      summary: 'The runs of a project, oldest first',
      scope: 'read',
      query: ProjectPageQuery,
      answer: { status: 200, json: pageTypeOf(RunListItem) },
      problems: [422],
      handle: async ({ query: { projectId, limit, cursor } }) => {
        const after = afterId('runs', cursor);
        await requireNamedProject(deps, projectId);
        const runs = await listRuns(deps.db, projectId, after, limit + 1);
        return pageOf('runs', runs, limit, (run) => run.id, runListItem);
      },
    }),
    operation({
      method: 'post',
      path: '/runs',
      name: 'createRun',
      summary: 'Puts images to a model; it is done in the background',
      scope: 'run',
      body: body(CreateRunBody),
      answer: { status: 202, json: jsonOf(RunResponse), location: ({ id }) => `/runs/${id}` },
      once: true,
      admit: (call) => requireCapacity(deps, runCapacity(deps.settings), call),
      handle: async (call) => {
        const { body: asked, traceparent } = call;
        await requirePlace(deps, asked.projectId, asked.deploymentId ?? null);
        // Not within the transaction, which would wait for another connection.
        if (asked.filter?.eventId != null) await formEvents(deps, asked.projectId);
        const { id } = await createOnce(deps, call, asked, (tx) => createRun(tx, deps, asked, traceparent));
        return runDetails(deps.db, id);
      },
    }),
    operation({
      method: 'get',
      path: '/runs/compare',
      name: 'compareRuns',
      summary: 'Two runs over the same images, side by side',
      scope: 'read',
      query: CompareRunsQuery,
      touches: ({ a, b }) => [a, b].map((id) => ({ resource: 'runs', id })),
      answer: { status: 200, json: jsonOf(RunComparisonResponse) },
      problems: [422],
      handle: async ({ query: { a, b, minConfidence = null, onlyDifferent, limit, cursor } }) => {
        const after = afterId('compared_images', cursor);
        for (const [field, id] of [
          ['a', a],
          ['b', b],
        ] as const) {
          if ((await deps.runs.find(deps.db, id)) === null)
            throw unprocessable('run_missing', field, `there is no run ${id}`);
        }
        const images = await listComparedImages(deps.db, { a, b, minConfidence, onlyDifferent }, after, limit + 1);
        return {
          ...(await compareRuns(deps.db, a, b, minConfidence)),
          ...pageOf(
            'compared_images',
            images,
            limit,
            ({ imageId }) => imageId,
            (image) => image,
          ),
        };
      },
    }),
    operation({
      method: 'get',
      path: '/runs/:id',
      name: 'getRun',
      summary: 'How far a run is, and what it found',
      scope: 'read',
      answer: { status: 200, json: jsonOf(RunResponse) },
      handle: ({ id }) => runDetails(deps.db, id),
    }),
    operation({
      method: 'patch',
      path: '/runs/:id',
      name: 'updateRun',
      summary: 'Moves a run before others, or behind them',
      scope: 'run',
      body: body(UpdateRunBody),
      answer: { status: 200, json: jsonOf(RunResponse) },
      problems: [409],
      handle: async ({ id, body: { priority } }) => {
        await updateRun(deps, id, priority);
        return runDetails(deps.db, id);
      },
    }),
    control(deps, 'cancel', 'Cancels what has not ended of a run', cancelRun, [409]),
    control(deps, 'pause', 'Begins nothing more of a run until it is resumed; what runs is finished', pauseRun, [409]),
    control(deps, 'resume', 'Goes on with a run that was paused', resumeRun, []),
    control(deps, 'retry', 'Starts over what failed of a run, with a fresh number of attempts', retryRun, [409]),
  ];
}

/** `POST /runs/:id/<what>`: takes effect when it is answered, and is carried out in the background. */
function control(
  deps: RunsDependencies,
  what: 'cancel' | 'pause' | 'resume' | 'retry',
  summary: string,
  act: (deps: RunsDependencies, id: number) => Promise<void>,
  problems: readonly number[],
): Operation {
  return operation({
    method: 'post',
    path: `/runs/:id/${what}`,
    name: `${what}Run`,
    summary,
    scope: 'run',
    answer: { status: 202, json: jsonOf(RunResponse) },
    problems,
    handle: async ({ id }) => {
      await act(deps, id);
      return runDetails(deps.db, id);
    },
  });
}

async function createRun(
  tx: DatabaseTransaction,
  deps: RunsDependencies,
  body: CreateRunBody,
  traceparent: string,
): Promise<number> {
  const { projectId, priority } = body;
  const deploymentId = body.deploymentId ?? null;
  const filter = await imageFilterOf(tx, body.filter ?? {});
  const classify = body.classify && classifySettings(body.classify);
  const models = await modelsOfNewRun(deps, tx, projectId, {
    modelId: body.modelId ?? null,
    ...(classify === undefined ? {} : { classify }),
  });
  const id = await deps.runs.create(tx, { projectId, ...models, priority });
  const images = await deps.runs.createTasksForImages(
    tx,
    { id, projectId, priority, traceparent },
    { ...filter, ...(deploymentId === null ? {} : { deploymentId }) },
  );
  if (images === 0)
    throw unprocessable(
      'no_images',
      body.filter == null ? (deploymentId === null ? 'projectId' : 'deploymentId') : 'filter',
      'there are no such images to look at yet',
    );
  return id;
}

/** How many runs may be unfinished. */
function runCapacity({ maxOpenRuns }: RunsDependencies['settings']): CapacityLimit {
  return { max: maxOpenRuns, setting: 'MAX_OPEN_RUNS', description: 'runs are unfinished', count: countOpenRuns };
}
