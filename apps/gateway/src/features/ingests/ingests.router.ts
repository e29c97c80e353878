import { taskOf } from '@pugmark/db';
import { notFound } from '../../http/http-problem';
import { body, jsonOf, operation, type Operation } from '../../http/operation';
import type { GatewayDependencies } from '../../dependencies';
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
import { requirePlace } from '../../services/require';
import { requireRoom } from '../../http/require-capacity';
import { resolveFolder } from './resolve-folder';

export function ingestsRouter({ stores, settings }: Pick<GatewayDependencies, 'stores' | 'settings'>): Operation[] {
  return [
    operation({
      method: 'post',
      path: '/ingests',
      name: 'createIngest',
      summary: 'Takes in the pictures of a folder on the server',
      scope: 'ingest',
      body: body(CreateIngestBody),
      answer: { status: 202, json: jsonOf(IngestAccepted), location: ({ id }) => `/ingests/${id}` },
      once: true,
      admit: (call) => requireRoom(stores, settings, 'scans', call),
      handle: async (call) => {
        const { body: asked, traceparent } = call;
        const { projectId, mode, detect } = asked;
        const deploymentId = asked.deploymentId ?? null;
        await requirePlace(stores, projectId, deploymentId);
        const folder = await resolveFolder(asked.folder, settings.ingestRoots);
        const { id } = await createOnce(stores, call, asked, (tx) =>
          createIngest(tx, stores, { projectId, deploymentId, source: 'folder', mode, folder, detect, traceparent }),
        );
        return acceptedIngest(stores, id);
      },
    }),
    operation({
      method: 'get',
      path: '/ingests/:id',
      name: 'getIngest',
      summary: 'How far an ingest is',
      scope: 'read',
      answer: { status: 200, json: jsonOf(IngestResponse) },
      handle: async ({ id }) => {
        const ingest = await stores.ingests.find(stores.db, id);
        const task = await taskOf(stores.db, 'scan', id);
        if (ingest === null || task === null) throw notFound(`ingest ${id}`);
        return ingestResponse(ingest, task);
      },
    }),
    operation({
      method: 'get',
      path: '/ingests/:id/files',
      name: 'listIngestFiles',
      summary: 'What became of each file of an ingest',
      scope: 'read',
      query: IngestFilesQuery,
      answer: { status: 200, json: pageTypeOf(IngestFileResponse) },
      problems: [422],
      handle: async ({ id, query: { outcome, limit, cursor } }) => {
        const after = afterText('ingest_files', cursor);
        if ((await stores.ingests.find(stores.db, id)) === null) throw notFound(`ingest ${id}`);
        const rows = await stores.ingests.files(stores.db, id, outcome ?? null, after, limit + 1);
        return pageOf('ingest_files', rows, limit, (row) => row.path, ingestFileResponse);
      },
    }),
  ];
}
