import type { DatabaseTransaction, TaxonRow } from '@pugmark/db';
import type { Category, ReviewedObservation } from '@pugmark/domain';
import { unfitFields, type FieldError } from '../../http/http-problem';
import type { ReviewsDependencies } from './reviews.dependencies';

/** How a request calls something: a category, perhaps with a label, or a taxon of the project. */
export interface SaidName {
  readonly category?: Category | null;
  readonly label?: string | null;
  readonly taxonId?: number | null;
}

/** What counts is called so. */
export type Name = Pick<ReviewedObservation, 'category' | 'label' | 'taxonId'>;

/**
 * What is meant. A taxon stands for its scientific name and its category. Throws a 422 for one that the project does not have or no longer
 * chooses, and for what contradicts it; but what was called so before may stay so, whatever became of the taxon since. `fieldOf` says where
 * each stands in the request.
 */
export async function saidNames(
  tx: DatabaseTransaction,
  deps: ReviewsDependencies,
  projectId: number,
  said: readonly SaidName[],
  before: readonly Name[],
  fieldOf: (place: number) => string,
): Promise<Name[]> {
  const taxa = await deps.taxa.findMany(
    tx,
    said.flatMap(({ taxonId }) => taxonId ?? []),
  );
  const kept = said.map((one) =>
    before.find(
      (name) =>
        name.taxonId !== null &&
        name.taxonId === one.taxonId &&
        name.label === one.label &&
        name.category === one.category,
    ),
  );
  const errors = said.flatMap((one, place) => {
    if (kept[place] !== undefined) return [];
    return one.taxonId == null
      ? categoryFaults(one, fieldOf(place))
      : taxonFaults(one, taxa.get(one.taxonId), projectId, fieldOf(place));
  });
  if (errors.length > 0) throw unfitFields(errors);
  return said.map(({ category, label, taxonId }, place) => {
    if (kept[place] !== undefined) return nameOf(kept[place]);
    const taxon = taxa.get(taxonId ?? 0);
    return taxon === undefined
      ? { category: category!, label: label ?? category!, taxonId: null }
      : { category: taxon.category, label: taxon.scientific_name, taxonId: taxon.id };
  });
}

function nameOf({ category, label, taxonId }: Name): Name {
  return { category, label, taxonId };
}

function categoryFaults({ category }: SaidName, field: string): FieldError[] {
  return category == null
    ? [{ field: `${field}.category`, message: 'is missing, and so is a taxonId that would have one' }]
    : [];
}

function taxonFaults(
  { category, label, taxonId }: SaidName,
  taxon: TaxonRow | undefined,
  projectId: number,
  field: string,
): FieldError[] {
  if (taxon?.project_id !== projectId)
    return [{ field: `${field}.taxonId`, message: `is none of project ${projectId}: there is no taxon ${taxonId}` }];
  const { scientific_name: name } = taxon;
  if (taxon.archived_at !== null)
    return [{ field: `${field}.taxonId`, message: `is archived: choose another one, or bring ${name} back` }];
  return [
    ...(category == null || category === taxon.category
      ? []
      : [
          {
            field: `${field}.category`,
            message: `contradicts the taxon: ${name} is of the category ${taxon.category}`,
          },
        ]),
    ...(label == null || label.toLowerCase() === name.toLowerCase()
      ? []
      : [{ field: `${field}.label`, message: `contradicts the taxon, which is called ${name}` }]),
  ];
}
