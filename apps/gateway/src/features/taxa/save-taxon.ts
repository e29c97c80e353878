import { inTransaction, type DatabaseTransaction, type TaxonChange, type TaxonRow } from '@pugmark/db';
import type { TaxaDependencies } from './taxa.dependencies';
import { taxonResponse, type CreateTaxonBody, type UpdateTaxonBody } from './taxa.dto';
import type { Call } from '../../http/operation';
import { conflict, notFound } from '../../http/http-problem';
import { createOnce } from '../../http/idempotency/create-once';

/** Makes a taxon, or brings the one of this name back, with what is given. Throws 409 when it is there to be chosen already. */
export async function createTaxon(deps: TaxaDependencies, call: Call<object, CreateTaxonBody>): Promise<TaxonRow> {
  const { id: projectId, body } = call;
  const { id } = await createOnce(deps, call, body, async (tx) => {
    const { row, before } = await insertOrLock(tx, deps, projectId, body);
    if (before === null) return row.id;
    if (before.archived_at === null)
      throw conflict('name_taken', 'scientificName', 'the project has a taxon of this name already');
    return (await changeTaxon(tx, deps, before, { ...body, archived: false })).id;
  });
  return (await deps.taxa.find(deps.db, id))!;
}

/** Makes the taxon, or corrects the one of this name with what is given, and brings it back. */
export async function saveTaxon(
  tx: DatabaseTransaction,
  deps: TaxaDependencies,
  projectId: number,
  body: CreateTaxonBody,
): Promise<'created' | 'updated' | 'unchanged'> {
  const { before } = await insertOrLock(tx, deps, projectId, body);
  if (before === null) return 'created';
  const after = await changeTaxon(tx, deps, before, { ...body, archived: false });
  return JSON.stringify(before) === JSON.stringify(after) ? 'unchanged' : 'updated';
}

/** Throws 404, 412, and 409 for a name that another one has. */
export async function updateTaxon(
  deps: TaxaDependencies,
  { id, body, assertMatches }: Call<object, UpdateTaxonBody>,
): Promise<TaxonRow> {
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
    return changeTaxon(tx, deps, before, body);
  });
}

/** With everything that was observed of it. */
async function changeTaxon(
  tx: DatabaseTransaction,
  deps: TaxaDependencies,
  before: TaxonRow,
  change: TaxonChange,
): Promise<TaxonRow> {
  const after = await deps.taxa.update(tx, before, change);
  if (after.scientific_name !== before.scientific_name || after.category !== before.category)
    await deps.reviews.refreshTaxon(tx, before.project_id, before.id);
  return after;
}

/** The new row; or, with `before`, the one that has the name, locked. */
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
  // Renamed since the insert met it.
  if (locked === null || locked.scientific_name !== known?.scientific_name)
    throw conflict('conflict', 'scientificName', 'another request changed this name at the same moment: try again');
  return { row: locked, before: locked };
}

function nameOf(other: TaxonRow) {
  const archived = other.archived_at === null ? '' : '; it is archived: POST its name to bring it back';
  return conflict('name_taken', 'scientificName', `taxon ${other.id} of the project has this name already${archived}`);
}
