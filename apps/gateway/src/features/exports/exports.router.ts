import { exportJobKey } from '@pugmark/cache';
import type { ExportFilter, ExportWithTask } from '@pugmark/db';
import { HttpProblem, notFound, unfitFields, unprocessable } from '../../http/http-problem';
import { body, jsonOf, operation, type Operation } from '../../http/operation';
import type { GatewayDependencies, Stores } from '../../dependencies';
import {
  CreateExportBody,
  ExportResponse,
  exportResponse,
  exportStatus,
  type ExportFilterBody,
} from './exports.dto';
import { ProjectPageQuery, afterId, pageOf, pageTypeOf } from '../../http/dto/paging';
import { createOnce } from '../../http/idempotency/create-once';
import { liveExport } from './live-export';
import { requireNamedProject, requirePlace } from '../../services/require';
import { requireRoom } from '../../http/require-capacity';
import { sendExport } from './send-export';

export function exportsRouter({
  stores,
  cache,
  exportFiles,
  settings,
}: Pick<GatewayDependencies, 'stores' | 'cache' | 'exportFiles' | 'settings'>): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/exports',
      name: 'listExports',
      summary: 'The exports of a project, oldest first',
      scope: 'read',
      query: ProjectPageQuery,
      answer: { status: 200, json: pageTypeOf(ExportResponse) },
      problems: [422],
      handle: async ({ query: { projectId, limit, cursor } }) => {
        const after = afterId('exports', cursor);
        await requireNamedProject(stores, projectId);
        const rows = await stores.exports.page(stores.db, projectId, after, limit + 1);
        return pageOf(
          'exports',
          rows,
          limit,
          (row) => row.id,
          (row) => exportResponse(row),
        );
      },
    }),
    operation({
      method: 'post',
      path: '/exports',
      name: 'createExport',
      summary: 'Asks for an export; it is made in the background',
      scope: 'export',
      body: body(CreateExportBody),
      answer: { status: 202, json: jsonOf(ExportResponse), location: ({ id }) => `/exports/${id}` },
      once: true,
      admit: (call) => requireRoom(stores, settings, 'exports', call),
      handle: async (call) => {
        const { body: asked, traceparent } = call;
        const { projectId, content, filter } = asked;
        if (content === 'observations' && filter.runId != null)
          throw unfitFields([
            { field: 'filter.runId', message: 'means nothing for observations: they are of what counts, not of a run' },
          ]);
        await requireFilter(stores, projectId, filter);
        const { id } = await createOnce(stores, call, asked, async (tx) => {
          const exportId = await stores.exports.create(tx, { projectId, content, filter: filterOf(filter) });
          await stores.tasks.create(tx, { kind: 'export', subjectId: exportId, traceparent });
          return exportId;
        });
        return exportResponse(await requireExport(stores, id));
      },
    }),
    operation({
      method: 'get',
      path: '/exports/:id',
      name: 'getExport',
      summary: 'How far an export is, and where its file is',
      scope: 'read',
      answer: { status: 200, json: jsonOf(ExportResponse) },
      handle: async ({ id }) => liveExport(cache, await requireExport(stores, id)),
    }),
    operation({
      method: 'get',
      path: '/exports/:id/download',
      name: 'downloadExport',
      summary: 'The file of an export, or the part of it that Range asks for',
      scope: 'read',
      answer: { status: 200, files: ['text/csv'], ranges: true },
      problems: [409, 410, 416],
      handle: async ({ id, response }) => sendExport(response, exportFiles, await requireExport(stores, id)),
    }),
    operation({
      method: 'post',
      path: '/exports/:id/cancel',
      name: 'cancelExport',
      summary: 'Cancels an export that has not ended',
      scope: 'export',
      answer: { status: 202, json: jsonOf(ExportResponse) },
      problems: [409],
      handle: async ({ id }) => {
        await cancelExport(stores, id);
        await cache.delete(exportJobKey(id));
        return exportResponse(await requireExport(stores, id));
      },
    }),
  ];
}

async function requireExport(stores: Stores, id: number): Promise<ExportWithTask> {
  const row = await stores.exports.find(stores.db, id);
  if (row === null) throw notFound(`export ${id}`);
  return row;
}

async function requireFilter(
  stores: Stores,
  projectId: number,
  { deploymentId, runId }: ExportFilterBody,
): Promise<void> {
  await requirePlace(stores, projectId, deploymentId ?? null, 'filter.');
  if (runId == null) return;
  const run = await stores.runs.find(stores.db, runId);
  if (run?.project_id !== projectId)
    throw unprocessable('run_missing', 'filter.runId', `project ${projectId} has no run ${runId}`);
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
