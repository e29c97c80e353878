import { findProjectOf } from '@pugmark/db';
import { unavailable } from '../../http/http-problem';
import type { EventsDependencies } from './events.dependencies';

/** Longest that a request waits for it. After a change of a million images it takes longer, and goes on in the background. */
const LONGEST_MS = 10_000;
const TRY_AGAIN_SECONDS = 5;

/** Forms the events of a project that are stale, before they are read. Throws a 503 when that takes too long. */
export async function formEvents(
  { db, events }: Pick<EventsDependencies, 'db' | 'events'>,
  projectId: number,
  longestMs = LONGEST_MS,
): Promise<void> {
  if (await events.formStale(db, projectId, AbortSignal.timeout(longestMs))) return;
  throw unavailable(
    'events_forming',
    'much has changed, and the events of it are still being formed: try again',
    TRY_AGAIN_SECONDS,
  );
}

/** The same for the project that an event is of; nothing where there is no such event. */
export async function formEventsBeside(
  deps: Pick<EventsDependencies, 'db' | 'events'>,
  eventId: number,
): Promise<void> {
  const projectId = await findProjectOf(deps.db, 'events', eventId);
  if (projectId !== null) await formEvents(deps, projectId);
}
