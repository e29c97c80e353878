import { findEvent, type EventSpan, type ImageFilter } from '@pugmark/db';
import { unprocessable } from '../api/http-problem';
import type { Stores } from '../dependencies';
import type { ImageFilterBody, ImageFilterQuery } from '../dto/images.dto';

/** What a query or a body narrows images down by, with the event that it names looked up. Throws a 422 when there is none. */
export async function imageFilter(stores: Pick<Stores, 'db'>, asked: ImageFilterQuery | ImageFilterBody): Promise<ImageFilter> {
  const { eventId, ...rest } = asked;
  const filter = Object.fromEntries(Object.entries(rest).filter(([, value]) => value != null)) as ImageFilter;
  return eventId == null ? filter : { ...filter, event: await requireEvent(stores, eventId) };
}

async function requireEvent(stores: Pick<Stores, 'db'>, id: number): Promise<EventSpan> {
  const event = await findEvent(stores.db, id);
  if (event === null) throw unprocessable('event_missing', 'eventId', `there is no event ${id} (any more): events change with what they are formed of, look for it again`);
  return event;
}
