import { exportJobKey } from '@pugmark/cache';
import { countWaiting, type ExportFilter, type ExportWithTask } from '@pugmark/db';
import { HttpProblem, notFound, contradictingFields, unprocessable } from '../../http/http-problem';
import { body, jsonOf, operation, type Operation } from '../../http/operation';
import type { ExportsDependencies } from './exports.dependencies';
import { CreateExportBody, ExportResponse, exportResponse, exportStatus, type ExportFilterBody } from './exports.dto';
import { ProjectPageQuery, afterId, pageOf, pageTypeOf } from '../../http/dto/paging';
import { createOnce } from '../../http/idempotency/create-once';
import { liveExport } from './live-export';
import { requireProjectAndDeployment } from '../deployments/require-deployment';
import { requireNamedProject } from '../projects/require-project';
import { requireCapacity, type CapacityLimit } from '../../http/require-capacity';
import { sendExport } from './send-export';

export function exportsRouter(deps: ExportsDependencies): Operation[] {
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
        await requireNamedProject(deps, projectId);
        const rows = await deps.exports.page(deps.db, projectId, after, limit + 1);
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
      summary: 'Requests an export; it is made in the background',
      scope: 'export',
      body: body(CreateExportBody),
      answer: { status: 202, json: jsonOf(ExportResponse), location: ({ id }) => `/exports/${id}` },
      idempotent: true,
      admit: (call) => requireCapacity(deps, exportCapacity(deps.settings), call),
      handle: async (call) => {
        const { body: requested, traceparent } = call;
        const { projectId, content, filter } = requested;
        if (content === 'observations' && filter.runId != null)
          throw contradictingFields([
            { field: 'filter.runId', message: 'does not apply to observations, which belong to no run' },
          ]);
        await requireFilter(deps, projectId, filter);
        const { id } = await createOnce(deps, call, requested, async (tx) => {
          const exportId = await deps.exports.create(tx, { projectId, content, filter: filterOf(filter) });
          await deps.tasks.create(tx, { kind: 'export', subjectId: exportId, traceparent });
          return exportId;
        });
        return exportResponse(await requireExport(deps, id));
      },
    }),
    operation({
      method: 'get',
      path: '/exports/:id',
      name: 'getExport',
      summary: 'State of an export, and where its file is',
      scope: 'read',
      answer: { status: 200, json: jsonOf(ExportResponse) },
      handle: async ({ id }) => liveExport(deps.cache, await requireExport(deps, id)),
    }),
    operation({
      method: 'get',
      path: '/exports/:id/download',
      name: 'downloadExport',
      summary: 'The file of an export, or the requested Range of it',
      scope: 'read',
      answer: { status: 200, files: ['text/csv'], ranges: true },
      problems: [409, 410, 416],
      handle: async ({ id, response }) => sendExport(response, deps.exportFiles, await requireExport(deps, id)),
    }),
    operation({
      method: 'post',
      path: '/exports/:id/cancel',
      name: 'cancelExport',
      summary: 'Cancels an unfinished export',
      scope: 'export',
      answer: { status: 202, json: jsonOf(ExportResponse) },
      problems: [409],
      handle: async ({ id }) => {
        await cancelExport(deps, id);
        await deps.cache.delete(exportJobKey(id));
        return exportResponse(await requireExport(deps, id));
      },
    }),
  ];
}

async function requireExport(deps: ExportsDependencies, id: number): Promise<ExportWithTask> {
  const row = await deps.exports.find(deps.db, id);
  if (row === null) throw notFound(`export ${id}`);
  return row;
}

async function requireFilter(
  deps: ExportsDependencies,
  projectId: number,
  { deploymentId, runId }: ExportFilterBody,
): Promise<void> {
  await requireProjectAndDeployment(deps, projectId, deploymentId ?? null, 'filter.');
  if (runId == null) return;
  const run = await deps.runs.find(deps.db, runId);
  if (run?.project_id !== projectId)
    throw unprocessable('run_missing', 'filter.runId', `project ${projectId} has no run ${runId}`);
}

/** Stores only the given fields: the row records what was requested. */
function filterOf({ deploymentId, runId, category, minConfidence }: ExportFilterBody): ExportFilter {
  return {
    ...(deploymentId == null ? {} : { deploymentId }),
    ...(runId == null ? {} : { runId }),
    ...(category == null ? {} : { category }),
    ...(minConfidence == null ? {} : { minConfidence }),
  };
}

/** Cancelling twice is allowed; cancelling an ended export is not. */
async function cancelExport(deps: ExportsDependencies, id: number): Promise<void> {
  await requireExport(deps, id);
  if ((await deps.tasks.cancel(deps.db, 'export', id)) > 0) return;
  const status = exportStatus(await requireExport(deps, id));
  if (status !== 'cancelled') throw new HttpProblem(409, 'already_ended', `the export is already ${status}`);
}

/** How many exports may wait to be made. */
function exportCapacity({ maxWaitingExports }: ExportsDependencies['settings']): CapacityLimit {
  return {
    max: maxWaitingExports,
    setting: 'MAX_WAITING_EXPORTS',
    description: 'exports wait to be made',
    count: (db, max) => countWaiting(db, 'export', max),
  };
}
