import { Router } from 'express';
import type { Stores } from '../dependencies';
import { CreateDeploymentBody, deploymentResponse } from '../dto/deployments.dto';
import { PageQuery, afterId, pageOf } from '../dto/paging';
import { parseDto } from '../dto/parse-dto';
import { jsonBody } from '../middleware/json-body';
import { resource } from '../middleware/resource';
import { createDeployment } from '../services/create-deployment';
import { pathId } from '../services/path-id';
import { requireProject } from '../services/require';

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
        response.status(201).json(deploymentResponse(await createDeployment(stores, projectId, body)));
      },
    ],
  });
  return router;
}
