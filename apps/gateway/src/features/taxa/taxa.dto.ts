import type { TaxonRow } from '@pugmark/db';
import { CATEGORIES, type Category } from '@pugmark/domain';
import {
  Description,
  Id,
  OptionalNotNull,
  NO_CONTROLS,
  OneOf,
  Optional,
  OrNull,
  QueryBoolean,
  Text,
  TextLike,
  Time,
  AnyText,
} from '../../http/dto/fields';
import { PageQuery } from '../../http/dto/paging';

export class TaxaQuery extends PageQuery {
  @Description('Beginnings of words of the scientific or common name, case-insensitive; all of them must match.')
  @OptionalNotNull()
  @TextLike(new RegExp(NO_CONTROLS), 200, 'a text of 1 to 200 characters without control characters')
  readonly q?: string;

  @Description('Only archived taxa, instead of those that can be chosen.')
  @QueryBoolean()
  readonly archived: boolean = false;
}

/** Optional fields of a taxon. */
class OptionalTaxonFields {
  @Optional()
  @Text(200)
  readonly commonName?: string | null;

  @Description('Default: `animal`.')
  @OptionalNotNull()
  @OneOf(CATEGORIES)
  readonly category?: Category;

  @Description('Such as `species`, `genus`, `family`.')
  @Optional()
  @Text(40)
  readonly rank?: string | null;
}

export class CreateTaxonBody extends OptionalTaxonFields {
  @Description('Unique within a project, case-insensitive.')
  @Text(200)
  readonly scientificName!: string;
}

/** Absent fields stay unchanged; null clears a field. */
export class UpdateTaxonBody extends OptionalTaxonFields {
  @OptionalNotNull()
  @Text(200)
  readonly scientificName?: string;
}

export class TaxonResponse {
  @Id()
  readonly id!: number;

  @Id()
  readonly projectId!: number;

  @AnyText()
  readonly scientificName!: string;

  @OrNull()
  @AnyText()
  readonly commonName!: string | null;

  @OneOf(CATEGORIES)
  readonly category!: Category;

  @OrNull()
  @AnyText()
  readonly rank!: string | null;

  @Description('Since when it can no longer be chosen; null: it can.')
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
