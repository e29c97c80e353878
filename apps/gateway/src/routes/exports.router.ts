import { Router } from 'express';
import { exportJobKey, type ExportJob } from '@pugmark/cache';
import type { ExportFilter, ExportWithTask } from '@pugmark/db';
import type { GatewayDependencies, Stores } from '../dependencies';
import { CreateExportBody, exportResponse, exportStatus, type ExportFilterBody } from '../dto/exports.dto';
import { ProjectPageQuery, afterId, pageOf } from '../dto/paging';
import { parseDto } from '../dto/parse-dto';
import { HttpProblem, notFound, unprocessable } from '../middleware/http-problem';
import { jsonBody } from '../middleware/json-body';
import { contextOf } from '../middleware/request-context';
import { resource } from '../middleware/resource';
import { createOnce } from '../services/create-once';
import { pathId } from '../services/path-id';
import { requirePlace, requireProject } from '../services/require';
import { sendExport } from '../services/send-export';

export function exportsRouter({ stores, cache, exportFiles }: Pick<GatewayDependencies, 'stores' | 'cache' | 'exportFiles'>): Router {
  const router = Router();
  resource(router, '/exports', {
    get: async (request, response) => {
      const { projectId, limit, cursor } = parseDto(ProjectPageQuery, request.query);
      const after = afterId('exports', cursor);
      await requireProject(stores, projectId);
      const rows = await stores.exports.page(stores.db, projectId, after, limit + 1);
      response.json(pageOf('exports', rows, limit, (row) => row.id, (row) => exportResponse(row)));
    },
    post: [
      ...jsonBody,
      async (request, response) => {
        const body = parseDto(CreateExportBody, request.body as object);
        const { projectId, filter } = body;
        await requireFilter(stores, projectId, filter);
        const { traceparent } = contextOf(response);
        const { id } = await createOnce(stores, request, body, async (tx) => {
          const exportId = await stores.exports.create(tx, { projectId, filter: filterOf(filter) });
          await stores.tasks.create(tx, { kind: 'export', subjectId: exportId, traceparent });
          return exportId;
        });
        response.status(202).location(`/api/v1/exports/${id}`).json(exportResponse(await requireExport(stores, id)));
      },
    ],
  });
  resource(router, '/exports/:id', {
    get: async (request, response) => {
      const row = await requireExport(stores, pathId(request, 'export'));
      const live = exportStatus(row) === 'processing' ? await cache.get<ExportJob>(exportJobKey(row.id)) : undefined;
      response.json(exportResponse(row, live));
    },
  });
  resource(router, '/exports/:id/download', {
    get: async (request, response) => sendExport(response, exportFiles, await requireExport(stores, pathId(request, 'export'))),
  });
  resource(router, '/exports/:id/cancel', {
    post: [
      async (request, response) => {
        const id = pathId(request, 'export');
        await cancelExport(stores, id);
        await cache.delete(exportJobKey(id));
        response.status(202).json(exportResponse(await requireExport(stores, id)));
      },
    ],
  });
  return router;
}

async function requireExport(stores: Stores, id: number): Promise<ExportWithTask> {
  const row = await stores.exports.find(stores.db, id);
  if (row === null) throw notFound(`export ${id}`);
  return row;
}

async function requireFilter(stores: Stores, projectId: number, { deploymentId, runId }: ExportFilterBody): Promise<void> {
  await requirePlace(stores, projectId, deploymentId ?? null, 'filter.');
  if (runId == null) return;
  const run = await stores.runs.find(stores.db, runId);
  if (run?.project_id !== projectId) throw unprocessable('run_missing', 'filter.runId', `project ${projectId} has no run ${runId}`);
}

/** Only what was given: the row should say what was asked for. */
function filterOf({ deploymentId, runId, category, minConfidence }: ExportFilterBody): ExportFilter {
  return {
    ...(deploymentId == null ? {} : { deploymentId }),
    ...(runId == null ? {} : { runId }),
    ...(category == null ? {} : { category }),
    ...(minConfidence == null ? {} : { minConfidence }),
  };
}

/** To cancel twice is in order; to cancel what has ended is not. */
async function cancelExport(stores: Stores, id: number): Promise<void> {
  await requireExport(stores, id);
  if ((await stores.tasks.cancel(stores.db, 'export', id)) > 0) return;
  const status = exportStatus(await requireExport(stores, id));
  if (status !== 'cancelled') throw new HttpProblem(409, 'already_ended', `the export is ${status} already`);
}
