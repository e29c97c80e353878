import { inTransaction, type DatabaseTransaction, type TaxonChange, type TaxonRow } from '@pugmark/db';
import type { TaxaDependencies } from './taxa.dependencies';
import { taxonResponse, type CreateTaxonBody, type UpdateTaxonBody } from './taxa.dto';
import type { Call } from '../../http/operation';
import { conflict, notFound } from '../../http/http-problem';
import { ImageDeriver } from '../bulk-changes/image-deriver';
import { createOnce } from '../../http/idempotency/create-once';

/**
 * Creates a taxon, or restores the archived one of this name with the given fields. Throws a 409 when it is not
 * archived.
 */
export async function createTaxon(deps: TaxaDependencies, call: Call<object, CreateTaxonBody>): Promise<TaxonRow> {
  const { id: projectId, body } = call;
  const deriver = new ImageDeriver(deps, call);
  const { id } = await createOnce(deps, call, body, async (tx) => {
    const { row, before } = await insertOrLock(tx, deps, projectId, body);
    if (before === null) return row.id;
    if (before.archived_at === null)
      throw conflict('name_taken', 'scientificName', 'the project already has a taxon of this name');
    return (await changeTaxon(tx, deps, before, { ...body, archived: false }, deriver)).id;
  });
  return (await deps.taxa.find(deps.db, id))!;
}

/** Creates the taxon, or updates the one of this name with the given fields and restores it. */
export async function saveTaxon(
  tx: DatabaseTransaction,
  deps: TaxaDependencies,
  projectId: number,
  body: CreateTaxonBody,
  deriver: ImageDeriver,
): Promise<'created' | 'updated' | 'unchanged'> {
  const { before } = await insertOrLock(tx, deps, projectId, body);
  if (before === null) return 'created';
  const after = await changeTaxon(tx, deps, before, { ...body, archived: false }, deriver);
  return JSON.stringify(before) === JSON.stringify(after) ? 'unchanged' : 'updated';
}

/** Throws 404, 412, and 409 for a name in use. */
export async function updateTaxon(deps: TaxaDependencies, call: Call<object, UpdateTaxonBody>): Promise<TaxonRow> {
  const { id, body, assertMatches } = call;
  return inTransaction(deps.db, async (tx) => {
    const before = await deps.taxa.lock(tx, id);
    if (before === null) throw notFound(`taxon ${id}`);
    assertMatches(taxonResponse(before));
    if (body.scientificName !== undefined) {
      const other = (await deps.taxa.findByNames(tx, before.project_id, [body.scientificName])).get(
        body.scientificName,
      );
      if (other !== undefined && other.id !== id) throw nameOf(other);
    }
    return changeTaxon(tx, deps, before, body, new ImageDeriver(deps, call));
  });
}

/** Updates the taxon and what was observed of it; of many images, in a bulk change. */
async function changeTaxon(
  tx: DatabaseTransaction,
  deps: TaxaDependencies,
  before: TaxonRow,
  change: TaxonChange,
  deriver: ImageDeriver,
): Promise<TaxonRow> {
  const after = await deps.taxa.update(tx, before, change);
  if (after.scientific_name !== before.scientific_name || after.category !== before.category)
    await deriver.deriveTaxon(tx, after);
  return after;
}

/** Inserts the row; or returns, as `before`, the existing one of the same name, locked. */
async function insertOrLock(
  tx: DatabaseTransaction,
  deps: TaxaDependencies,
  projectId: number,
  body: CreateTaxonBody,
): Promise<{ readonly row: TaxonRow; readonly before: TaxonRow | null }> {
  const { scientificName, commonName = null, category = 'animal', rank = null } = body;
  const made = await deps.taxa.create(tx, { projectId, scientificName, commonName, category, rank });
  if (made !== null) return { row: made, before: null };
  const known = (await deps.taxa.findByNames(tx, projectId, [scientificName])).get(scientificName);
  const locked = known === undefined ? null : await deps.taxa.lock(tx, known.id);
  // It was renamed after the insert failed on it.
  if (locked === null || locked.scientific_name !== known?.scientific_name)
    throw conflict('conflict', 'scientificName', 'a concurrent request changed this name: try again');
  return { row: locked, before: locked };
}

function nameOf(other: TaxonRow) {
  const archived = other.archived_at === null ? '' : '; it is archived: POST its name to restore it';
  return conflict('name_taken', 'scientificName', `taxon ${other.id} of the project already has this name${archived}`);
}
