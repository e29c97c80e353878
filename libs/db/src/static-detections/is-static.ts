import { sql } from 'kysely';

/** A detection `d` is one of those that are always there, and does not count for that reason. */
export const IS_STATIC = sql<boolean>`exists (select 1 from static_detections b where b.id = d.static_detection_id and b.dismissed_at is null)`;
