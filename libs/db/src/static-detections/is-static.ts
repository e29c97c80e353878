import { sql } from 'kysely';

/** A detection `d` is one of those that are always there, and does not count for that reason. */
export const IS_STATIC = sql<boolean>`exists (select 1 from static_boxes b where b.id = d.static_box_id and b.unmarked_at is null)`;
