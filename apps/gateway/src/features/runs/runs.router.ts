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
import { requireProjectAndDeployment } from '../deployments/require-deployment';
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
      summary: 'Starts a run of a model over images; it is processed in the background',
      scope: 'run',
      body: body(CreateRunBody),
      answer: { status: 202, json: jsonOf(RunResponse), location: ({ id }) => `/runs/${id}` },
      idempotent: true,
      admit: (call) => requireCapacity(deps, runCapacity(deps.settings), call),
      heavy: true,
      handle: async (call) => {
        const { body: requested, traceparent } = call;
        await requireProjectAndDeployment(deps, requested.projectId, requested.deploymentId ?? null);
        // Outside the transaction, since it needs a connection of its own.
        if (requested.filter?.eventId != null) await formEvents(deps, requested.projectId);
        const { id } = await createOnce(deps, call, requested, (tx) => createRun(tx, deps, requested, traceparent));
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
      references: ({ a, b }) => [a, b].map((id) => ({ resource: 'runs', id })),
      answer: { status: 200, json: jsonOf(RunComparisonResponse) },
      problems: [422],
      heavy: true,
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
      summary: 'Progress and results of a run',
      scope: 'read',
      answer: { status: 200, json: jsonOf(RunResponse) },
      handle: ({ id }) => runDetails(deps.db, id),
    }),
    operation({
      method: 'patch',
      path: '/runs/:id',
      name: 'updateRun',
      summary: 'Changes the priority of a run',
      scope: 'run',
      body: body(UpdateRunBody),
      answer: { status: 200, json: jsonOf(RunResponse) },
      problems: [409],
      handle: async ({ id, body: { priority } }) => {
        await updateRun(deps, id, priority);
        return runDetails(deps.db, id);
      },
    }),
    controlOperation(deps, 'cancel', 'Cancels the unfinished work of a run', cancelRun, [409]),
    controlOperation(
      deps,
      'pause',
      'Starts nothing more of a run until it is resumed; running work is finished',
      pauseRun,
      [409],
    ),
    controlOperation(deps, 'resume', 'Resumes a paused run', resumeRun, []),
    controlOperation(
      deps,
      'retry',
      'Retries the failed images of a run, with a fresh number of attempts',
      retryRun,
      [409],
    ),
  ];
}

/** `POST /runs/:id/<action>`: effective when it is answered, carried out in the background. */
function controlOperation(
  deps: RunsDependencies,
  action: 'cancel' | 'pause' | 'resume' | 'retry',
  summary: string,
  act: (deps: RunsDependencies, id: number) => Promise<void>,
  problems: readonly number[],
): Operation {
  return operation({
    method: 'post',
    path: `/runs/:id/${action}`,
    name: `${action}Run`,
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
      'there are no matching images yet',
    );
  return id;
}

/** How many runs may be unfinished. */
function runCapacity({ maxOpenRuns }: RunsDependencies['settings']): CapacityLimit {
  return { max: maxOpenRuns, setting: 'MAX_OPEN_RUNS', description: 'runs are unfinished', count: countOpenRuns };
}
