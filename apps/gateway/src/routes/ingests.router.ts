import { Router } from 'express';
import { taskOf } from '@pugmark/db';
import type { GatewayDependencies } from '../dependencies';
import { CreateIngestBody, IngestFilesQuery, ingestFileResponse, ingestResponse } from '../dto/ingests.dto';
import { afterText, pageOf } from '../dto/paging';
import { parseDto } from '../dto/parse-dto';
import { notFound } from '../middleware/http-problem';
import { jsonBody } from '../middleware/json-body';
import { contextOf } from '../middleware/request-context';
import { resource } from '../middleware/resource';
import { acceptedIngest, createIngest } from '../services/create-ingest';
import { createOnce } from '../services/create-once';
import { pathId } from '../services/path-id';
import { requirePlace } from '../services/require';
import { resolveFolder } from '../services/resolve-folder';

export function ingestsRouter({ stores, settings }: Pick<GatewayDependencies, 'stores' | 'settings'>): Router {
  const router = Router();
  resource(router, '/ingests', {
    post: [
      ...jsonBody,
      async (request, response) => {
        const body = parseDto(CreateIngestBody, request.body as object);
        const deploymentId = body.deploymentId ?? null;
        await requirePlace(stores, body.projectId, deploymentId);
        const folder = await resolveFolder(body.folder, settings.ingestRoots);
        const { traceparent } = contextOf(response);
        const { id } = await createOnce(stores, request, body, (tx) =>
          createIngest(tx, stores, { projectId: body.projectId, deploymentId, source: 'folder', mode: body.mode, folder, detect: body.detect, traceparent }),
        );
        response.status(202).location(`/api/v1/ingests/${id}`).json(await acceptedIngest(stores, id));
      },
    ],
  });
  resource(router, '/ingests/:id', {
    get: async (request, response) => {
      const id = pathId(request, 'ingest');
      const ingest = await stores.ingests.find(stores.db, id);
      const task = await taskOf(stores.db, 'scan', id);
      if (ingest === null || task === null) throw notFound(`ingest ${id}`);
      response.json(ingestResponse(ingest, task));
    },
  });
  resource(router, '/ingests/:id/files', {
    get: async (request, response) => {
      const id = pathId(request, 'ingest');
      const { outcome, limit, cursor } = parseDto(IngestFilesQuery, request.query);
      const after = afterText('ingest_files', cursor);
      if ((await stores.ingests.find(stores.db, id)) === null) throw notFound(`ingest ${id}`);
      const rows = await stores.ingests.files(stores.db, id, outcome ?? null, after, limit + 1);
      response.json(pageOf('ingest_files', rows, limit, (row) => row.path, ingestFileResponse));
    },
  });
  return router;
}
