import { inTransaction, type DatabaseTransaction, type TaxonChange, type TaxonRow } from '@pugmark/db';
import type { Stores } from '../../dependencies';
import { taxonResponse, type CreateTaxonBody, type UpdateTaxonBody } from './taxa.dto';
import type { Call } from '../../http/operation';
import { conflict, notFound } from '../../http/http-problem';
import { createOnce } from '../../http/idempotency/create-once';

/** Makes a taxon, or brings the one of this name back, with what is given. Throws 409 when it is there to be chosen already. */
export async function createTaxon(stores: Stores, call: Call<object, CreateTaxonBody>): Promise<TaxonRow> {
  const { id: projectId, body } = call;
  const { id } = await createOnce(stores, call, body, async (tx) => {
    const { row, before } = await insertOrLock(tx, stores, projectId, body);
    if (before === null) return row.id;
    if (before.archived_at === null)
      throw conflict('name_taken', 'scientificName', 'the project has a taxon of this name already');
    return (await changeTaxon(tx, stores, before, { ...body, archived: false })).id;
  });
  return (await stores.taxa.find(stores.db, id))!;
}

/** Makes the taxon, or corrects the one of this name with what is given, and brings it back. */
export async function saveTaxon(
  tx: DatabaseTransaction,
  stores: Stores,
  projectId: number,
  body: CreateTaxonBody,
): Promise<'created' | 'updated' | 'unchanged'> {
  const { before } = await insertOrLock(tx, stores, projectId, body);
  if (before === null) return 'created';
  const after = await changeTaxon(tx, stores, before, { ...body, archived: false });
  return JSON.stringify(before) === JSON.stringify(after) ? 'unchanged' : 'updated';
}

/** Throws 404, 412, and 409 for a name that another one has. */
export async function updateTaxon(
  stores: Stores,
  { id, body, assertMatches }: Call<object, UpdateTaxonBody>,
): Promise<TaxonRow> {
  return inTransaction(stores.db, async (tx) => {
    const before = await stores.taxa.lock(tx, id);
    if (before === null) throw notFound(`taxon ${id}`);
    assertMatches(taxonResponse(before));
    if (body.scientificName !== undefined) {
      const other = (await stores.taxa.findByNames(tx, before.project_id, [body.scientificName])).get(
        body.scientificName,
      );
      if (other !== undefined && other.id !== id) throw nameOf(other);
    }
    return changeTaxon(tx, stores, before, body);
  });
}

/** With everything that was observed of it. */
async function changeTaxon(
  tx: DatabaseTransaction,
  stores: Stores,
  before: TaxonRow,
  change: TaxonChange,
): Promise<TaxonRow> {
  const after = await stores.taxa.update(tx, before, change);
  if (after.scientific_name !== before.scientific_name || after.category !== before.category)
    await stores.reviews.refreshTaxon(tx, before.project_id, before.id);
  return after;
}

/** The new row; or, with `before`, the one that has the name, locked. */
async function insertOrLock(
  tx: DatabaseTransaction,
  stores: Stores,
  projectId: number,
  body: CreateTaxonBody,
): Promise<{ readonly row: TaxonRow; readonly before: TaxonRow | null }> {
  const { scientificName, commonName = null, category = 'animal', rank = null } = body;
  const made = await stores.taxa.create(tx, { projectId, scientificName, commonName, category, rank });
  if (made !== null) return { row: made, before: null };
  const known = (await stores.taxa.findByNames(tx, projectId, [scientificName])).get(scientificName);
  const locked = known === undefined ? null : await stores.taxa.lock(tx, known.id);
  // Renamed since the insert met it.
  if (locked === null || locked.scientific_name !== known?.scientific_name)
    throw conflict('conflict', 'scientificName', 'another request changed this name at the same moment: try again');
  return { row: locked, before: locked };
}

function nameOf(other: TaxonRow) {
  const archived = other.archived_at === null ? '' : '; it is archived: POST its name to bring it back';
  return conflict('name_taken', 'scientificName', `taxon ${other.id} of the project has this name already${archived}`);
}
