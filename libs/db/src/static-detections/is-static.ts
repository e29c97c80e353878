import { sql } from 'kysely';

/** Detection `d` belongs to a static detection that was not dismissed, and is not effective for that reason. */
export const IS_STATIC = sql<boolean>`exists (select 1 from static_detections b
  where b.id = d.static_detection_id and b.dismissed_at is null)`;
