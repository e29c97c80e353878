import type { Generated } from 'kysely';
import type { Category } from '@pugmark/domain';
import type { CreatedAt, Id } from '../connection/columns';

export interface TaxaTable {
  id: Id;
  project_id: number;
  scientific_name: string;
  common_name: string | null;
  category: Generated<Category>;
  rank: string | null;
  /** A tsvector; written only, and searched in SQL. */
  search_terms: string;
  archived_at: Date | null;
  created_at: CreatedAt;
}
