import { inTransaction, type Executor, type StaticBoxRow } from '@pugmark/db';
import { notFound } from '../../http/http-problem';
import { body, jsonOf, operation, type Operation } from '../../http/operation';
import type { StaticDetectionsDependencies } from './static-detections.dependencies';
import { PageQuery, afterId, pageOf, pageTypeOf } from '../../http/dto/paging';
import {
  StaticBoxResponse,
  StaticSearchResponse,
  UpdateStaticBoxBody,
  staticBoxResponse,
} from './static-detections.dto';
import { requireDeployment } from '../deployments/require-deployment';

export function staticBoxesRouter(deps: StaticDetectionsDependencies): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/deployments/:id/static-boxes',
      name: 'listStaticBoxes',
      summary: 'Boxes that are the same in 20 or more images of a deployment, oldest first',
      scope: 'read',
      query: PageQuery,
      answer: { status: 200, json: pageTypeOf(StaticBoxResponse) },
      problems: [422],
      handle: async ({ id, query: { limit, cursor } }) => {
        const after = afterId('static_boxes', cursor);
        await requireDeployment(deps, id);
        const rows = await deps.staticBoxes.page(deps.db, id, after, limit + 1);
        return pageOf('static_boxes', rows, limit, (row) => row.id, staticBoxResponse);
      },
    }),
    operation({
      method: 'post',
      path: '/deployments/:id/static-boxes/find',
      name: 'findStaticBoxes',
      summary: 'Looks for the static boxes of a deployment now; a minute after new results it is done anyway',
      scope: 'review',
      answer: { status: 200, json: jsonOf(StaticSearchResponse) },
      handle: async ({ id }) => {
        await requireDeployment(deps, id);
        const { boxes, newBoxes, changedImages } = await deps.staticBoxes.search(deps.db, id);
        return { boxes, newBoxes, changedImages };
      },
    }),
    operation({
      method: 'get',
      path: '/static-boxes/:id',
      name: 'getStaticBox',
      summary: 'A static box',
      scope: 'read',
      answer: { status: 200, json: jsonOf(StaticBoxResponse) },
      handle: async ({ id }) => staticBoxResponse(await requireStaticBox(deps, deps.db, id)),
    }),
    operation({
      method: 'patch',
      path: '/static-boxes/:id',
      name: 'updateStaticBox',
      summary: 'Says that what a static box holds is real, so that it counts, or takes that back',
      scope: 'review',
      body: body(UpdateStaticBoxBody),
      answer: { status: 200, json: jsonOf(StaticBoxResponse) },
      ifMatch: true,
      handle: ({ id, body: { unmarked }, caller, assertMatches }) =>
        inTransaction(deps.db, async (tx) => {
          await deps.staticBoxes.lock(tx, id);
          assertMatches(staticBoxResponse(await requireStaticBox(deps, tx, id)));
          await deps.staticBoxes.setUnmarked(tx, id, unmarked ? caller.name : null);
          return staticBoxResponse(await requireStaticBox(deps, tx, id));
        }),
    }),
  ];
}

async function requireStaticBox(
  { staticBoxes }: StaticDetectionsDependencies,
  db: Executor,
  id: number,
): Promise<StaticBoxRow> {
  const row = await staticBoxes.find(db, id);
  if (row === null) throw notFound(`static box ${id}`);
  return row;
}
