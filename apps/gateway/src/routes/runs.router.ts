import { Router } from 'express';
import { compareRuns, findRun, listComparedImages, listRuns, type DatabaseTransaction } from '@pugmark/db';
import type { Stores } from '../dependencies';
import { ProjectPageQuery, afterId, pageOf } from '../dto/paging';
import { parseDto } from '../dto/parse-dto';
import { classifySettings } from '../dto/models.dto';
import { CompareRunsQuery, CreateRunBody, runListItem, runState } from '../dto/runs.dto';
import { HttpProblem, notFound, unprocessable } from '../middleware/http-problem';
import { jsonBody } from '../middleware/json-body';
import { contextOf } from '../middleware/request-context';
import { resource } from '../middleware/resource';
import { createOnce } from '../services/create-once';
import { pathId } from '../services/path-id';
import { modelsOfNewRun, requirePlace, requireProject } from '../services/require';
import { runDetails } from '../services/run-details';

export function runsRouter(stores: Stores): Router {
  const router = Router();
  resource(router, '/runs', {
    get: async (request, response) => {
      const { projectId, limit, cursor } = parseDto(ProjectPageQuery, request.query);
      const after = afterId('runs', cursor);
      await requireProject(stores, projectId);
      const runs = await listRuns(stores.db, projectId, after, limit + 1);
      response.json(pageOf('runs', runs, limit, (run) => run.id, runListItem));
    },
    post: [
      ...jsonBody,
      async (request, response) => {
        const body = parseDto(CreateRunBody, request.body as object);
        await requirePlace(stores, body.projectId, body.deploymentId ?? null);
        const { traceparent } = contextOf(response);
        const { id } = await createOnce(stores, request, body, (tx) => createRun(tx, stores, body, traceparent));
        response.status(202).location(`/api/v1/runs/${id}`).json(await runDetails(stores.db, id));
      },
    ],
  });
  resource(router, '/runs/compare', {
    get: async (request, response) => {
      const { a, b, minConfidence = null, onlyDifferent, limit, cursor } = parseDto(CompareRunsQuery, request.query);
      const after = afterId('compared_images', cursor);
      for (const [field, id] of [['a', a], ['b', b]] as const) {
        if ((await stores.runs.find(stores.db, id)) === null) throw unprocessable('run_missing', field, `there is no run ${id}`);
      }
      const images = await listComparedImages(stores.db, { a, b, minConfidence, onlyDifferent }, after, limit + 1);
      response.json({ ...(await compareRuns(stores.db, a, b, minConfidence)), ...pageOf('compared_images', images, limit, ({ imageId }) => imageId, (image) => image) });
    },
  });
  resource(router, '/runs/:id', {
    get: async (request, response) => {
      response.json(await runDetails(stores.db, pathId(request, 'run')));
    },
  });
  resource(router, '/runs/:id/cancel', {
    post: [
      async (request, response) => {
        const id = pathId(request, 'run');
        await cancelRun(stores, id);
        response.status(202).json(await runDetails(stores.db, id));
      },
    ],
  });
  return router;
}

async function createRun(tx: DatabaseTransaction, stores: Stores, body: CreateRunBody, traceparent: string): Promise<number> {
  const { projectId, priority } = body;
  const deploymentId = body.deploymentId ?? null;
  const classify = body.classify && classifySettings(body.classify);
  const models = await modelsOfNewRun(stores, tx, projectId, { modelId: body.modelId ?? null, ...(classify === undefined ? {} : { classify }) });
  const id = await stores.runs.create(tx, { projectId, ...models, priority });
  const images = await stores.runs.createTasksForImages(tx, { id, projectId, deploymentId, priority, traceparent });
  if (images === 0) throw unprocessable('no_images', deploymentId === null ? 'projectId' : 'deploymentId', 'there are no images to look at yet');
  return id;
}

/** Cancels what has not ended. To cancel twice is in order, to cancel what is done is not. */
async function cancelRun(stores: Stores, id: number): Promise<void> {
  await stores.db.transaction().execute(async (tx) => {
    if (!(await stores.runs.lock(tx, id))) throw notFound(`run ${id}`);
    const run = await findRun(tx, id);
    if (run !== null && runState(run) === 'done') throw new HttpProblem(409, 'already_done', 'the run is done already');
    await stores.tasks.cancelRun(tx, id);
  });
}
