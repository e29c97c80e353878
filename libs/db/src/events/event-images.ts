import { sql } from 'kysely';
import type { Executor } from '../connection/database';
import { findEventSpan, imageConditions, type EventSpan } from '../images/image-filter';
import { findProjectOf } from '../projects/find-project-of';

export interface EventImages {
  readonly event: EventSpan;
  /** In order of id. */
  readonly imageIds: readonly number[];
}

/** Finds up to `limit` images that show what the event is of; null if the project has no such event. */
export async function findEventImages(
  db: Executor,
  projectId: number,
  eventId: number,
  limit: number,
): Promise<EventImages | null> {
  const event = await findEventSpan(db, eventId);
  if (event === null || (await findProjectOf(db, 'events', eventId)) !== projectId) return null;
  const { rows } = await sql<{ id: number }>`
    select s.image_id as id from image_summaries s where ${imageConditions({ projectId, event })}
      order by s.image_id limit ${limit}`.execute(db);
  return { event, imageIds: rows.map(({ id }) => id) };
}
