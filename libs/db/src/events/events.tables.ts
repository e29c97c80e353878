import type { Category } from '@pugmark/domain';
import type { Id, WallClock } from '../connection/columns';

export interface EventsTable {
  id: Id;
  project_id: number;
  deployment_id: number | null;
  category: Category;
  /** Null: an event of the category, whatever it is called. */
  label: string | null;
  first_image_id: number;
  /** The one with the surest detection. */
  best_image_id: number;
  /** Null, as `ends_at`: of one image without a known time or deployment. */
  starts_at: Date | null;
  ends_at: Date | null;
  local_start: WallClock | null;
  /** Hour of the apparent solar day; null where the location has no coordinates. */
  solar_hour: number | null;
  images: number;
  individuals: number;
  confidence: number;
  reviewed: boolean;
}

export interface StaleEventsTable {
  id: Id;
  project_id: number;
  deployment_id: number;
  from_at: Date;
  to_at: Date;
}
