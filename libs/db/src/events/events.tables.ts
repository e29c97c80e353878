import type { Category } from '@pugmark/domain';
import type { Id, WallClock } from '../connection/columns';

export interface EventsTable {
  id: Id;
  project_id: number;
  deployment_id: number | null;
  category: Category;
  /** Null: an event of the category, with any labels. */
  label: string | null;
  first_image_id: number;
  /** The image with the highest confidence. */
  best_image_id: number;
  /** Null, as `ends_at`, for an image without a known time or deployment. */
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
