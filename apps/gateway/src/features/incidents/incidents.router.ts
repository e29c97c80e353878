import { notFound } from '../../http/http-problem';
import { jsonOf, operation, type Operation } from '../../http/operation';
import type { IncidentsDependencies } from './incidents.dependencies';
import { IncidentResponse, IncidentsQuery, incidentResponse } from './incidents.dto';
import { afterId, pageOf, pageTypeOf } from '../../http/dto/paging';

export function incidentsRouter({ db, incidents }: IncidentsDependencies): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/incidents',
      name: 'listIncidents',
      summary: 'Problems that the watchdog detected, newest first; not for keys that are bound to projects',
      scope: 'read',
      query: IncidentsQuery,
      answer: { status: 200, json: pageTypeOf(IncidentResponse) },
      problems: [422],
      handle: async ({ query: { open = null, limit, cursor } }) => {
        const rows = await incidents.page(db, open, afterId('incidents', cursor) || null, limit + 1);
        return pageOf('incidents', rows, limit, (row) => row.id, incidentResponse);
      },
    }),
    operation({
      method: 'get',
      path: '/incidents/:id',
      name: 'getIncident',
      summary: 'An incident; not for keys that are bound to projects',
      scope: 'read',
      answer: { status: 200, json: jsonOf(IncidentResponse) },
      handle: async ({ id }) => {
        const row = await incidents.find(db, id);
        if (row === null) throw notFound(`incident ${id}`);
        return incidentResponse(row);
      },
    }),
  ];
}
