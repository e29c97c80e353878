import { CSV_BODY, body, jsonOf, operation, type Operation } from '../../http/operation';
import { notFound } from '../../http/http-problem';
import type { TaxaDependencies } from './taxa.dependencies';
import { ImportQuery, ImportReport } from '../csv-import/imports.dto';
import { afterText, pageOf, pageTypeOf } from '../../http/dto/paging';
import { CreateTaxonBody, TaxaQuery, TaxonResponse, UpdateTaxonBody, taxonResponse } from './taxa.dto';
import { importTaxa } from './import-taxa';
import { requireProject } from '../projects/require-project';
import { createTaxon, updateTaxon } from './save-taxon';

/** A project's own list of taxa, which reviewers choose from. */
export function taxaRouter(deps: TaxaDependencies): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/projects/:id/taxa',
      name: 'listTaxa',
      summary: 'The taxa of a project by name, all or those that match a search',
      scope: 'read',
      query: TaxaQuery,
      answer: { status: 200, json: pageTypeOf(TaxonResponse) },
      problems: [422],
      handle: async ({ id, query: { limit, cursor, ...filter } }) => {
        const after = afterText('taxa', cursor);
        await requireProject(deps, id);
        const rows = await deps.taxa.page(deps.db, id, filter, after, limit + 1);
        return pageOf('taxa', rows, limit, (row) => row.scientific_name, taxonResponse);
      },
    }),
    operation({
      method: 'post',
      path: '/projects/:id/taxa',
      name: 'createTaxon',
      summary: 'Creates a taxon, or restores the archived one of this name',
      scope: 'review',
      body: body(CreateTaxonBody),
      answer: { status: 201, json: jsonOf(TaxonResponse), location: ({ id }) => `/taxa/${id}` },
      problems: [409],
      idempotent: true,
      handle: async (call) => {
        await requireProject(deps, call.id);
        return taxonResponse(await createTaxon(deps, call));
      },
    }),
    operation({
      method: 'post',
      path: '/projects/:id/taxa/import',
      name: 'importTaxa',
      summary: 'Creates, updates and restores taxa from a CSV file; all of its lines, or none',
      scope: 'review',
      query: ImportQuery,
      body: CSV_BODY,
      answer: { status: 200, json: jsonOf(ImportReport) },
      problems: [409, 422],
      handle: async (call) => {
        await requireProject(deps, call.id);
        return importTaxa(deps, call);
      },
    }),
    operation({
      method: 'get',
      path: '/taxa/:id',
      name: 'getTaxon',
      summary: 'A taxon, archived or not',
      scope: 'read',
      answer: { status: 200, json: jsonOf(TaxonResponse) },
      handle: async ({ id }) => {
        const row = await deps.taxa.find(deps.db, id);
        if (row === null) throw notFound(`taxon ${id}`);
        return taxonResponse(row);
      },
    }),
    operation({
      method: 'patch',
      path: '/taxa/:id',
      name: 'updateTaxon',
      summary: 'Updates a taxon, and everything that was observed of it',
      scope: 'review',
      body: body(UpdateTaxonBody),
      answer: { status: 200, json: jsonOf(TaxonResponse) },
      problems: [409],
      ifMatch: true,
      handle: async (call) => taxonResponse(await updateTaxon(deps, call)),
    }),
    operation({
      method: 'delete',
      path: '/taxa/:id',
      name: 'archiveTaxon',
      summary: 'Archives a taxon; observations keep it',
      scope: 'review',
      answer: { status: 204 },
      handle: async ({ id }) => {
        if (!(await deps.taxa.archive(deps.db, id))) throw notFound(`taxon ${id}`);
      },
    }),
  ];
}
