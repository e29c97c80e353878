import { inTransaction, type Executor, type StaticDetectionRow } from '@pugmark/db';
import { notFound } from '../../http/http-problem';
import { body, jsonOf, operation, type Operation } from '../../http/operation';
import type { StaticDetectionsDependencies } from './static-detections.dependencies';
import { PageQuery, afterId, pageOf, pageTypeOf } from '../../http/dto/paging';
import {
  StaticDetectionResponse,
  StaticSearchResponse,
  UpdateStaticDetectionBody,
  staticDetectionResponse,
} from './static-detections.dto';
import { requireDeployment } from '../deployments/require-deployment';

export function staticDetectionsRouter(deps: StaticDetectionsDependencies): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/deployments/:id/static-detections',
      name: 'listStaticDetections',
      summary: 'Boxes that are the same in 20 or more images of a deployment, oldest first',
      scope: 'read',
      query: PageQuery,
      answer: { status: 200, json: pageTypeOf(StaticDetectionResponse) },
      problems: [422],
      handle: async ({ id, query: { limit, cursor } }) => {
        const after = afterId('static_detections', cursor);
        await requireDeployment(deps, id);
        const rows = await deps.staticDetections.page(deps.db, id, after, limit + 1);
        return pageOf('static_detections', rows, limit, (row) => row.id, staticDetectionResponse);
      },
    }),
    operation({
      method: 'post',
      path: '/deployments/:id/static-detections/find',
      name: 'findStaticDetections',
      summary: 'Searches a deployment for static detections now; done automatically a minute after new results',
      scope: 'review',
      answer: { status: 200, json: jsonOf(StaticSearchResponse) },
      handle: async ({ id }) => {
        await requireDeployment(deps, id);
        return deps.staticDetections.search(deps.db, id);
      },
    }),
    operation({
      method: 'get',
      path: '/static-detections/:id',
      name: 'getStaticDetection',
      summary: 'A static detection',
      scope: 'read',
      answer: { status: 200, json: jsonOf(StaticDetectionResponse) },
      handle: async ({ id }) => staticDetectionResponse(await requireStaticDetection(deps, deps.db, id)),
    }),
    operation({
      method: 'patch',
      path: '/static-detections/:id',
      name: 'updateStaticDetection',
      summary: 'Declares that a static detection shows something real, so that it is counted, or reverts that',
      scope: 'review',
      body: body(UpdateStaticDetectionBody),
      answer: { status: 200, json: jsonOf(StaticDetectionResponse) },
      ifMatch: true,
      handle: ({ id, body: { dismissed }, caller, assertMatches }) =>
        inTransaction(deps.db, async (tx) => {
          await deps.staticDetections.lock(tx, id);
          assertMatches(staticDetectionResponse(await requireStaticDetection(deps, tx, id)));
          await deps.staticDetections.setDismissed(tx, id, dismissed ? caller.name : null);
          return staticDetectionResponse(await requireStaticDetection(deps, tx, id));
        }),
    }),
  ];
}

async function requireStaticDetection(
  { staticDetections }: StaticDetectionsDependencies,
  db: Executor,
  id: number,
): Promise<StaticDetectionRow> {
  const row = await staticDetections.find(db, id);
  if (row === null) throw notFound(`static detection ${id}`);
  return row;
}
