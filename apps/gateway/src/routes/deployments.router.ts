import { Router } from 'express';
import type { Stores } from '../dependencies';
import { CreateDeploymentBody, UpdateDeploymentBody, deploymentDetails, deploymentResponse } from '../dto/deployments.dto';
import { ImportQuery } from '../dto/imports.dto';
import { PageQuery, afterId, pageOf } from '../dto/paging';
import { parseDto } from '../dto/parse-dto';
import { notFound } from '../middleware/http-problem';
import { csvBody } from '../middleware/csv-body';
import { jsonBody } from '../middleware/json-body';
import { resource } from '../middleware/resource';
import { importDeployments } from '../services/import/import-deployments';
import { pathId } from '../services/path-id';
import { requireProject } from '../services/require';
import { createDeployment, updateDeployment } from '../services/save-deployment';

export function deploymentsRouter(stores: Stores): Router {
  const router = Router();
  resource(router, '/projects/:id/deployments', {
    get: async (request, response) => {
      const projectId = pathId(request, 'project');
      const { limit, cursor } = parseDto(PageQuery, request.query);
      const after = afterId('deployments', cursor);
      await requireProject(stores, projectId);
      const rows = await stores.deployments.page(stores.db, projectId, after, limit + 1);
      response.json(pageOf('deployments', rows, limit, (row) => row.id, deploymentResponse));
    },
    post: [
      ...jsonBody,
      async (request, response) => {
        const projectId = pathId(request, 'project');
        const body = parseDto(CreateDeploymentBody, request.body as object);
        await requireProject(stores, projectId);
        const row = await createDeployment(stores, request, projectId, body);
        response.status(201).location(`/api/v1/deployments/${row.id}`).json(deploymentResponse(row));
      },
    ],
  });
  resource(router, '/projects/:id/deployments/import', {
    post: [
      ...csvBody,
      async (request, response) => {
        const projectId = pathId(request, 'project');
        const { dryRun } = parseDto(ImportQuery, request.query);
        await requireProject(stores, projectId);
        response.json(await importDeployments(stores, projectId, request.body as string, dryRun));
      },
    ],
  });
  resource(router, '/deployments/:id', {
    get: async (request, response) => {
      const id = pathId(request, 'deployment');
      const row = await stores.deployments.find(stores.db, id);
      if (row === null) throw notFound(`deployment ${id}`);
      response.json(deploymentDetails(row, await stores.deployments.times(stores.db, id)));
    },
    patch: [
      ...jsonBody,
      async (request, response) => {
        const id = pathId(request, 'deployment');
        const row = await updateDeployment(stores, id, parseDto(UpdateDeploymentBody, request.body as object));
        response.json(deploymentDetails(row, await stores.deployments.times(stores.db, id)));
      },
    ],
  });
  return router;
}
