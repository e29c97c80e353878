import type { Category } from '@pugmark/domain';
import type { CreatedAt, Id } from './schema';

export interface StaticBoxesTable {
  id: Id;
  project_id: number;
  deployment_id: number;
  category: Category;
  x: number;
  y: number;
  width: number;
  height: number;
  images: number;
  unmarked_at: Date | null;
  unmarked_by: string | null;
  created_at: CreatedAt;
}

export interface StaleStaticBoxesTable {
  id: Id;
  deployment_id: number;
  marked_at: CreatedAt;
}
