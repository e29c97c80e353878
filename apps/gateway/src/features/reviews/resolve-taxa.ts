import type { DatabaseTransaction, TaxonRow } from '@pugmark/db';
import type { Category, ReviewedObservation } from '@pugmark/domain';
import { contradictingFields, type FieldError } from '../../http/http-problem';
import type { ReviewsDependencies } from './reviews.dependencies';

/** How a request names something: by category and perhaps label, or by a taxon of the project. */
export interface RequestedName {
  readonly category?: Category | null;
  readonly label?: string | null;
  readonly taxonId?: number | null;
}

/** Category, label and taxon of an effective observation. */
export type ResolvedName = Pick<ReviewedObservation, 'category' | 'label' | 'taxonId'>;

/**
 * Resolves names. A taxon stands for its scientific name and its category. Throws a 422 for a taxon that is unknown or
 * archived, and for fields that contradict it; but an observation keeps a name that it had before, whatever became of
 * the taxon since. `fieldOf` returns the path of a field in the request.
 */
export async function resolveTaxa(
  tx: DatabaseTransaction,
  deps: ReviewsDependencies,
  projectId: number,
  requested: readonly RequestedName[],
  before: readonly ResolvedName[],
  fieldOf: (index: number) => string,
): Promise<ResolvedName[]> {
  const taxa = await deps.taxa.findMany(
    tx,
    requested.flatMap(({ taxonId }) => taxonId ?? []),
  );
  const kept = requested.map((one) =>
    before.find(
      (name) =>
        name.taxonId !== null &&
        name.taxonId === one.taxonId &&
        name.label === one.label &&
        name.category === one.category,
    ),
  );
  const errors = requested.flatMap((one, place) => {
    if (kept[place] !== undefined) return [];
    return one.taxonId == null
      ? categoryErrors(one, fieldOf(place))
      : taxonErrors(one, taxa.get(one.taxonId), projectId, fieldOf(place));
  });
  if (errors.length > 0) throw contradictingFields(errors);
  return requested.map(({ category, label, taxonId }, place) => {
    if (kept[place] !== undefined) return nameOf(kept[place]);
    const taxon = taxa.get(taxonId ?? 0);
    return taxon === undefined
      ? { category: category!, label: label ?? category!, taxonId: null }
      : { category: taxon.category, label: taxon.scientific_name, taxonId: taxon.id };
  });
}

function nameOf({ category, label, taxonId }: ResolvedName): ResolvedName {
  return { category, label, taxonId };
}

function categoryErrors({ category }: RequestedName, field: string): FieldError[] {
  return category == null
    ? [{ field: `${field}.category`, message: 'is missing, and no taxonId is given to derive it from' }]
    : [];
}

function taxonErrors(
  { category, label, taxonId }: RequestedName,
  taxon: TaxonRow | undefined,
  projectId: number,
  field: string,
): FieldError[] {
  if (taxon?.project_id !== projectId)
    return [
      { field: `${field}.taxonId`, message: `does not belong to project ${projectId}: there is no taxon ${taxonId}` },
    ];
  const { scientific_name: name } = taxon;
  if (taxon.archived_at !== null)
    return [{ field: `${field}.taxonId`, message: `is archived: choose another taxon, or restore ${name}` }];
  return [
    ...(category == null || category === taxon.category
      ? []
      : [
          {
            field: `${field}.category`,
            message: `contradicts the taxon: ${name} has the category ${taxon.category}`,
          },
        ]),
    ...(label == null || label.toLowerCase() === name.toLowerCase()
      ? []
      : [{ field: `${field}.label`, message: `contradicts the taxon, whose name is ${name}` }]),
  ];
}
