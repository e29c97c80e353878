import { findTaskOf } from '@pugmark/db';
import { notFound } from '../../http/http-problem';
import { body, jsonOf, operation, type Operation } from '../../http/operation';
import type { IngestsDependencies } from './ingests.dependencies';
import {
  CreateIngestBody,
  IngestAccepted,
  IngestFileResponse,
  IngestFilesQuery,
  IngestResponse,
  ingestFileResponse,
  ingestResponse,
} from './ingests.dto';
import { afterText, pageOf, pageTypeOf } from '../../http/dto/paging';
import { acceptedIngest, createIngest } from './create-ingest';
import { createOnce } from '../../http/idempotency/create-once';
import { requireProjectAndDeployment } from '../deployments/require-deployment';
import { requireCapacity } from '../../http/require-capacity';
import { scanCapacity } from './scan-capacity';
import { resolveFolder } from './resolve-folder';

export function ingestsRouter(deps: IngestsDependencies): Operation[] {
  return [
    operation({
      method: 'post',
      path: '/ingests',
      name: 'createIngest',
      summary: 'Ingests the images of a folder on the server',
      scope: 'ingest',
      body: body(CreateIngestBody),
      answer: { status: 202, json: jsonOf(IngestAccepted), location: ({ id }) => `/ingests/${id}` },
      problems: [409],
      idempotent: true,
      admit: (call) => requireCapacity(deps, scanCapacity(deps.settings), call),
      handle: async (call) => {
        const { body: requested, traceparent } = call;
        const { projectId, mode, detect } = requested;
        const deploymentId = requested.deploymentId ?? null;
        await requireProjectAndDeployment(deps, projectId, deploymentId);
        const folder = await resolveFolder(requested.folder, deps.settings.ingestRoots);
        const { id } = await createOnce(deps, call, requested, (tx) =>
          createIngest(tx, deps, { projectId, deploymentId, source: 'folder', mode, folder, detect, traceparent }),
        );
        return acceptedIngest(deps, id);
      },
    }),
    operation({
      method: 'get',
      path: '/ingests/:id',
      name: 'getIngest',
      summary: 'State of an ingest',
      scope: 'read',
      answer: { status: 200, json: jsonOf(IngestResponse) },
      handle: async ({ id }) => {
        const ingest = await deps.ingests.find(deps.db, id);
        const task = await findTaskOf(deps.db, 'scan', id);
        if (ingest === null || task === null) throw notFound(`ingest ${id}`);
        return ingestResponse(ingest, task);
      },
    }),
    operation({
      method: 'get',
      path: '/ingests/:id/files',
      name: 'listIngestFiles',
      summary: 'The outcome of each file of an ingest',
      scope: 'read',
      query: IngestFilesQuery,
      answer: { status: 200, json: pageTypeOf(IngestFileResponse) },
      problems: [422],
      handle: async ({ id, query: { outcome, limit, cursor } }) => {
        const after = afterText('ingest_files', cursor);
        if ((await deps.ingests.find(deps.db, id)) === null) throw notFound(`ingest ${id}`);
        const rows = await deps.ingests.files(deps.db, id, outcome ?? null, after, limit + 1);
        return pageOf('ingest_files', rows, limit, (row) => row.path, ingestFileResponse);
      },
    }),
  ];
}
