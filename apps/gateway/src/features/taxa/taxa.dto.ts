import type { TaxonRow } from '@pugmark/db';
import { CATEGORIES, type Category } from '@pugmark/domain';
import {
  About,
  Id,
  MayBeAbsent,
  NO_CONTROLS,
  OneOf,
  Optional,
  OrNull,
  QueryBoolean,
  Text,
  TextLike,
  Time,
  Words,
} from '../../http/dto/fields';
import { PageQuery } from '../../http/dto/paging';

export class TaxaQuery extends PageQuery {
  @About('Beginnings of words of the scientific or the common name, in upper or lower case; all of them must be there.')
  @MayBeAbsent()
  @TextLike(new RegExp(NO_CONTROLS), 200, 'a text of 1 to 200 characters without control characters')
  readonly q?: string;

  @About('Those that were archived, instead of those that can be chosen.')
  @QueryBoolean()
  readonly archived: boolean = false;
}

/** Of a taxon, what may be absent. */
class TaxonFacts {
  @Optional()
  @Text(200)
  readonly commonName?: string | null;

  @About('`animal` unless it is said otherwise.')
  @MayBeAbsent()
  @OneOf(CATEGORIES)
  readonly category?: Category;

  @About('Such as `species`, `genus`, `family`.')
  @Optional()
  @Text(40)
  readonly rank?: string | null;
}

export class CreateTaxonBody extends TaxonFacts {
  @About('Upper and lower case are the same: a project has each name once.')
  @Text(200)
  readonly scientificName!: string;
}

/** What is absent stays as it is; null takes it away. */
export class UpdateTaxonBody extends TaxonFacts {
  @MayBeAbsent()
  @Text(200)
  readonly scientificName?: string;
}

export class TaxonResponse {
  @Id()
  readonly id!: number;

  @Id()
  readonly projectId!: number;

  @Words()
  readonly scientificName!: string;

  @OrNull()
  @Words()
  readonly commonName!: string | null;

  @OneOf(CATEGORIES)
  readonly category!: Category;

  @OrNull()
  @Words()
  readonly rank!: string | null;

  @About('Since when it cannot be chosen any more; null: it can.')
  @OrNull()
  @Time()
  readonly archivedAt!: string | null;

  @Time()
  readonly createdAt!: string;
}

export function taxonResponse(row: TaxonRow): TaxonResponse {
  return {
    id: row.id,
    projectId: row.project_id,
    scientificName: row.scientific_name,
    commonName: row.common_name,
    category: row.category,
    rank: row.rank,
    archivedAt: row.archived_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
  };
}
