import { findEvent, type EventSpan, type Executor, type ImageFilter } from '@pugmark/db';
import { unprocessable } from '../../http/http-problem';
import type { ImagesDependencies } from './images.dependencies';
import type { ImageFilterBody, ImageFilterQuery } from './images.dto';
import { formEventsBeside } from '../events/form-events';

/** What a query narrows images down by, with the event that it names as it is now. Throws a 422 when there is none. */
export async function imageFilter(deps: ImagesDependencies, asked: ImageFilterQuery): Promise<ImageFilter> {
  if (asked.eventId !== undefined) await formEventsBeside(deps, asked.eventId);
  return imageFilterOf(deps.db, asked);
}

/** The same of a body too, with the event as it was formed last. */
export async function imageFilterOf(
  db: Executor,
  { eventId, ...rest }: ImageFilterQuery | ImageFilterBody,
): Promise<ImageFilter> {
  const filter = Object.fromEntries(Object.entries(rest).filter(([, value]) => value != null)) as ImageFilter;
  return eventId == null ? filter : { ...filter, event: await requireEvent(db, eventId) };
}

async function requireEvent(db: Executor, id: number): Promise<EventSpan> {
  const event = await findEvent(db, id);
  if (event === null)
    throw unprocessable(
      'event_missing',
      'eventId',
      `there is no event ${id} (any more): events change with what they are formed of, look for it again`,
    );
  return event;
}
