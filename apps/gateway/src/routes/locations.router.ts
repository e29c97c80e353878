import { Router } from 'express';
import type { Stores } from '../dependencies';
import { ImportQuery } from '../dto/imports.dto';
import { CreateLocationBody, UpdateLocationBody, locationResponse } from '../dto/locations.dto';
import { PageQuery, afterId, pageOf } from '../dto/paging';
import { parseDto } from '../dto/parse-dto';
import { notFound } from '../middleware/http-problem';
import { csvBody } from '../middleware/csv-body';
import { jsonBody } from '../middleware/json-body';
import { resource } from '../middleware/resource';
import { importLocations } from '../services/import/import-locations';
import { pathId } from '../services/path-id';
import { requireProject } from '../services/require';
import { createLocation, updateLocation } from '../services/save-location';

export function locationsRouter(stores: Stores): Router {
  const router = Router();
  resource(router, '/projects/:id/locations', {
    get: async (request, response) => {
      const projectId = pathId(request, 'project');
      const { limit, cursor } = parseDto(PageQuery, request.query);
      const after = afterId('locations', cursor);
      await requireProject(stores, projectId);
      const rows = await stores.locations.page(stores.db, projectId, after, limit + 1);
      response.json(pageOf('locations', rows, limit, (row) => row.id, locationResponse));
    },
    post: [
      ...jsonBody,
      async (request, response) => {
        const projectId = pathId(request, 'project');
        const body = parseDto(CreateLocationBody, request.body as object);
        await requireProject(stores, projectId);
        const row = await createLocation(stores, request, projectId, body);
        response.status(201).location(`/api/v1/locations/${row.id}`).json(locationResponse(row));
      },
    ],
  });
  resource(router, '/projects/:id/locations/import', {
    post: [
      ...csvBody,
      async (request, response) => {
        const projectId = pathId(request, 'project');
        const { dryRun } = parseDto(ImportQuery, request.query);
        await requireProject(stores, projectId);
        response.json(await importLocations(stores, projectId, request.body as string, dryRun));
      },
    ],
  });
  resource(router, '/locations/:id', {
    get: async (request, response) => {
      const id = pathId(request, 'location');
      const row = await stores.locations.find(stores.db, id);
      if (row === null) throw notFound(`location ${id}`);
      response.json(locationResponse(row));
    },
    patch: [
      ...jsonBody,
      async (request, response) => {
        const id = pathId(request, 'location');
        response.json(locationResponse(await updateLocation(stores, id, parseDto(UpdateLocationBody, request.body as object))));
      },
    ],
  });
  return router;
}
