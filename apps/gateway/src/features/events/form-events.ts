import { findProjectOf } from '@pugmark/db';
import { unavailable } from '../../http/http-problem';
import type { EventsDependencies } from './events.dependencies';

/**
 * Maximum time that a request waits. Forming takes longer after a change of a million images and continues in the
 * background.
 */
const MAX_WAIT_MS = 10_000;
const RETRY_AFTER_SECONDS = 5;

/** Forms the stale events of a project, before they are read. Throws a 503 when that takes too long. */
export async function formEvents(
  { db, events }: Pick<EventsDependencies, 'db' | 'events'>,
  projectId: number,
  maxWaitMs = MAX_WAIT_MS,
): Promise<void> {
  if (await events.formStaleEvents(db, projectId, AbortSignal.timeout(maxWaitMs))) return;
  throw unavailable('events_forming', 'many events are stale and still being formed: try again', RETRY_AFTER_SECONDS);
}

/** Forms the stale events of the project that owns an event; does nothing when the event does not exist. */
export async function formEventsAround(
  deps: Pick<EventsDependencies, 'db' | 'events'>,
  eventId: number,
): Promise<void> {
  const projectId = await findProjectOf(deps.db, 'events', eventId);
  if (projectId !== null) await formEvents(deps, projectId);
}
