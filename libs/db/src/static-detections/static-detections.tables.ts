import type { Category } from '@pugmark/domain';
import type { CreatedAt, Id } from '../connection/columns';

export interface StaticDetectionsTable {
  id: Id;
  project_id: number;
  deployment_id: number;
  category: Category;
  x: number;
  y: number;
  width: number;
  height: number;
  images: number;
  dismissed_at: Date | null;
  dismissed_by: string | null;
  created_at: CreatedAt;
}

export interface StaleStaticDetectionsTable {
  id: Id;
  deployment_id: number;
  marked_at: CreatedAt;
}
