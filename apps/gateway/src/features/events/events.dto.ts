import type { EventKind, EventOrder, ListedEvent } from '@pugmark/db';
import { CATEGORIES, type Category, type Sequence, type TimedImage } from '@pugmark/domain';
import {
  Description,
  Count,
  Flag,
  Fraction,
  Id,
  Integer,
  ListOf,
  LocalTime,
  OneOf,
  OrNull,
  Time,
  AnyText,
} from '../../http/dto/fields';
import { EventFilterQuery } from '../images/observed.dto';
import { Paged } from '../../http/dto/paging';

export class EventsQuery extends Paged(EventFilterQuery) {
  @Description(
    '`category`: visits of any animal, person or vehicle. `label`: visits of each species; also the default when `label` is given.',
  )
  @OneOf(['category', 'label'])
  readonly groupBy: EventKind = 'category';

  @Description('By start; `-start`: newest first. Events without a known time come last in both.')
  @OneOf(['start', '-start'])
  readonly sort: EventOrder = 'start';
}

export class EventResponse {
  @Description('Kept while the event begins with the same image.')
  @Id()
  readonly id!: number;

  @Id()
  readonly projectId!: number;

  @OrNull()
  @Id()
  readonly deploymentId!: number | null;

  @OrNull()
  @AnyText()
  readonly deploymentName!: string | null;

  @OrNull()
  @Id()
  readonly locationId!: number | null;

  @OrNull()
  @AnyText()
  readonly locationName!: string | null;

  @OneOf(CATEGORIES)
  readonly category!: Category;

  @Description('Null: a visit of the category, whatever the label.')
  @OrNull()
  @AnyText()
  readonly label!: string | null;

  @Description('Null, like the end: a single image whose time or deployment is unknown.')
  @OrNull()
  @Time()
  readonly startsAt!: string | null;

  @OrNull()
  @Time()
  readonly endsAt!: string | null;

  @Description('Local time of the start at the location.')
  @OrNull()
  @LocalTime()
  readonly localStart!: string | null;

  @Description('Solar hour of the start, with solar noon at 12; null where the location has no coordinates.')
  @OrNull()
  @Integer(0, 23)
  readonly solarHour!: number | null;

  @Count()
  readonly images!: number;

  @Description('The maximum number in one image of the event.')
  @Count()
  readonly individuals!: number;

  @Description('The maximum; 1 for an annotation.')
  @Fraction()
  readonly confidence!: number;

  @Description('At least one of its images was reviewed by a person.')
  @Flag()
  readonly reviewed!: boolean;

  @Id()
  readonly firstImageId!: number;

  @Description('The image with the highest confidence.')
  @Id()
  readonly bestImageId!: number;
}

export function eventResponse({ at: _, startsAt, endsAt, ...event }: ListedEvent): EventResponse {
  return { ...event, startsAt: startsAt?.toISOString() ?? null, endsAt: endsAt?.toISOString() ?? null };
}

export class SequenceResponse {
  @Time()
  readonly startsAt!: string;

  @Time()
  readonly endsAt!: string;

  @Description('Continues the previous item: a very long sequence is split.')
  @Flag()
  readonly continued!: boolean;

  @Description('Ordered by time.')
  @ListOf({ type: 'integer', minimum: 1 })
  readonly imageIds!: readonly number[];
}

/** Times in microseconds since 1970. */
export function sequenceResponse({ images, continued }: Sequence<TimedImage>): SequenceResponse {
  const time = (image: TimedImage): string => new Date(image.at / 1_000).toISOString();
  return { startsAt: time(images[0]), endsAt: time(images.at(-1)!), continued, imageIds: images.map(({ id }) => id) };
}
