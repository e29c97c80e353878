import { inTransaction, type Executor, type StaticDetectionRow } from '@pugmark/db';
import { sleep } from '@pugmark/platform';
import { notFound, unavailable, type HttpProblem } from '../../http/http-problem';
import { body, jsonOf, operation, type Call, type Operation } from '../../http/operation';
import type { StaticDetectionsDependencies } from './static-detections.dependencies';
import { PageQuery, afterId, pageOf, pageTypeOf } from '../../http/dto/paging';
import {
  StaticDetectionResponse,
  StaticSearchResponse,
  UpdateStaticDetectionBody,
  staticDetectionResponse,
} from './static-detections.dto';
import { requireDeployment } from '../deployments/require-deployment';

/** Maximum time that a request waits for a search; a started one continues. */
const MAX_WAIT_MS = 25_000;
/** Maximum time that a change waits for a search or another change. */
const MAX_LOCK_WAIT_MS = 5_000;
const LOCK_RETRY_MS = 100;
const RETRY_AFTER_SECONDS = 5;

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
      heavy: true,
      handle: async ({ id }) => {
        await requireDeployment(deps, id);
        const search = await deps.staticDetections.search(deps.db, id, AbortSignal.timeout(MAX_WAIT_MS));
        if (search === null) throw searchRunning();
        return search;
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
      handle: async (call) => {
        const deadline = performance.now() + MAX_LOCK_WAIT_MS;
        for (;;) {
          const changed = await updateStaticDetection(deps, call);
          if (changed !== null) return changed;
          if (performance.now() > deadline) throw searchRunning();
          // Without a connection in between.
          await sleep(LOCK_RETRY_MS);
        }
      },
    }),
  ];
}

/** Returns null, and changes nothing, while the deployment is searched or another one of its boxes is changed. */
function updateStaticDetection(
  deps: StaticDetectionsDependencies,
  { id, body: { dismissed }, caller, assertMatches }: Call<object, UpdateStaticDetectionBody>,
): Promise<StaticDetectionResponse | null> {
  return inTransaction(deps.db, async (tx) => {
    if ((await deps.staticDetections.lock(tx, id)) === 'busy') return null;
    assertMatches(staticDetectionResponse(await requireStaticDetection(deps, tx, id)));
    await deps.staticDetections.setDismissed(tx, id, dismissed ? caller.name : null);
    return staticDetectionResponse(await requireStaticDetection(deps, tx, id));
  });
}

function searchRunning(): HttpProblem {
  return unavailable(
    'search_running',
    'the deployment is being searched for static detections: try again when that is done',
    RETRY_AFTER_SECONDS,
  );
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
