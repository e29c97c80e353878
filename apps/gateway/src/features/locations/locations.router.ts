import { CSV_BODY, body, jsonOf, operation, type Operation } from '../../http/operation';
import { notFound } from '../../http/http-problem';
import type { LocationsDependencies } from './locations.dependencies';
import { ImportQuery, ImportReport } from '../csv-import/imports.dto';
import { CreateLocationBody, LocationResponse, UpdateLocationBody, locationResponse } from './locations.dto';
import { PageQuery, afterId, pageOf, pageTypeOf } from '../../http/dto/paging';
import { deleteLocation } from './delete-location';
import { importLocations } from './import-locations';
import { requireProject } from '../projects/require-project';
import { createLocation, updateLocation } from './save-location';

export function locationsRouter(deps: LocationsDependencies): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/projects/:id/locations',
      name: 'listLocations',
      summary: 'The locations of a project, oldest first',
      scope: 'read',
      query: PageQuery,
      answer: { status: 200, json: pageTypeOf(LocationResponse) },
      problems: [422],
      handle: async ({ id, query: { limit, cursor } }) => {
        const after = afterId('locations', cursor);
        await requireProject(deps, id);
        const rows = await deps.locations.page(deps.db, id, after, limit + 1);
        return pageOf('locations', rows, limit, (row) => row.id, locationResponse);
      },
    }),
    operation({
      method: 'post',
      path: '/projects/:id/locations',
      name: 'createLocation',
      summary: 'Creates a location',
      scope: 'ingest',
      body: body(CreateLocationBody),
      answer: { status: 201, json: jsonOf(LocationResponse), location: ({ id }) => `/locations/${id}` },
      problems: [409],
      idempotent: true,
      handle: async (call) => {
        await requireProject(deps, call.id);
        return locationResponse(await createLocation(deps, call));
      },
    }),
    operation({
      method: 'post',
      path: '/projects/:id/locations/import',
      name: 'importLocations',
      summary: 'Creates and moves locations from a CSV file; all of its lines, or none',
      scope: 'ingest',
      query: ImportQuery,
      body: CSV_BODY,
      answer: { status: 200, json: jsonOf(ImportReport) },
      problems: [409, 422],
      handle: async ({ id, query: { dryRun }, body: csv }) => {
        await requireProject(deps, id);
        return importLocations(deps, id, csv, dryRun);
      },
    }),
    operation({
      method: 'get',
      path: '/locations/:id',
      name: 'getLocation',
      summary: 'A location',
      scope: 'read',
      answer: { status: 200, json: jsonOf(LocationResponse) },
      handle: async ({ id }) => {
        const row = await deps.locations.find(deps.db, id);
        if (row === null) throw notFound(`location ${id}`);
        return locationResponse(row);
      },
    }),
    operation({
      method: 'patch',
      path: '/locations/:id',
      name: 'updateLocation',
      summary: 'Renames or moves a location',
      scope: 'ingest',
      body: body(UpdateLocationBody),
      answer: { status: 200, json: jsonOf(LocationResponse) },
      problems: [409, 422],
      ifMatch: true,
      handle: async (call) => locationResponse(await updateLocation(deps, call)),
    }),
    operation({
      method: 'delete',
      path: '/locations/:id',
      name: 'deleteLocation',
      summary: 'Deletes a location that no deployment refers to',
      scope: 'ingest',
      answer: { status: 204 },
      problems: [409],
      handle: ({ id }) => deleteLocation(deps, id),
    }),
  ];
}
