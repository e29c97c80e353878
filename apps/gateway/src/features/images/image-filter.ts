import { findEventSpan, type EventSpan, type Executor, type ImageFilter } from '@pugmark/db';
import { unprocessable } from '../../http/http-problem';
import type { ImagesDependencies } from './images.dependencies';
import type { ImageFilterBody, ImageFilterQuery } from './images.dto';
import { formEventsAround } from '../events/form-events';

/** The filter of a query, with its event formed first. Throws a 422 when the event does not exist. */
export async function imageFilter(deps: ImagesDependencies, query: ImageFilterQuery): Promise<ImageFilter> {
  if (query.eventId !== undefined) await formEventsAround(deps, query.eventId);
  return imageFilterOf(deps.db, query);
}

/** The filter of a query or body, with the event as it was last formed. */
export async function imageFilterOf(
  db: Executor,
  { eventId, ...rest }: ImageFilterQuery | ImageFilterBody,
): Promise<ImageFilter> {
  const filter = Object.fromEntries(Object.entries(rest).filter(([, value]) => value != null)) as ImageFilter;
  return eventId == null ? filter : { ...filter, event: await requireEvent(db, eventId) };
}

async function requireEvent(db: Executor, id: number): Promise<EventSpan> {
  const event = await findEventSpan(db, id);
  if (event === null)
    throw unprocessable(
      'event_missing',
      'eventId',
      `there is no event ${id} (any more): events change with their images, list them again`,
    );
  return event;
}
