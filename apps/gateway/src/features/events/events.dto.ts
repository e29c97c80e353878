import type { EventKind, EventOrder, ListedEvent } from '@pugmark/db';
import { CATEGORIES, type Category, type Sequence, type TimedImage } from '@pugmark/domain';
import {
  About,
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
  Words,
} from '../../http/dto/fields';
import { EventFilterQuery } from '../images/observed.dto';
import { Paged } from '../../http/dto/paging';

export class EventsQuery extends Paged(EventFilterQuery) {
  @About(
    '`category`: visits of any animal, person or vehicle. `label`: of each species by itself, as also where a `label` is asked for.',
  )
  @OneOf(['category', 'label'])
  readonly groupBy: EventKind = 'category';

  @About('By their start; `-start`: newest first. Events without a known time come last in both.')
  @OneOf(['start', '-start'])
  readonly sort: EventOrder = 'start';
}

export class EventResponse {
  @About('An event keeps it while it begins with the same image.')
  @Id()
  readonly id!: number;

  @Id()
  readonly projectId!: number;

  @OrNull()
  @Id()
  readonly deploymentId!: number | null;

  @OrNull()
  @Words()
  readonly deploymentName!: string | null;

  @OrNull()
  @Id()
  readonly locationId!: number | null;

  @OrNull()
  @Words()
  readonly locationName!: string | null;

  @OneOf(CATEGORIES)
  readonly category!: Category;

  @About('Null: a visit of the category, whatever it is called.')
  @OrNull()
  @Words()
  readonly label!: string | null;

  @About('Null, as the end: one image of which the time or the deployment is not known.')
  @OrNull()
  @Time()
  readonly startsAt!: string | null;

  @OrNull()
  @Time()
  readonly endsAt!: string | null;

  @About('The start by the clocks of the place.')
  @OrNull()
  @LocalTime()
  readonly localStart!: string | null;

  @About('Hour of the start by the sun, at its highest at 12; null where the location has no coordinates.')
  @OrNull()
  @Integer(0, 23)
  readonly solarHour!: number | null;

  @Count()
  readonly images!: number;

  @About('The largest number in one image of the event.')
  @Count()
  readonly individuals!: number;

  @About('Of the surest; 1 where a person said so.')
  @Fraction()
  readonly confidence!: number;

  @About('A person has looked at one of its images, or more.')
  @Flag()
  readonly reviewed!: boolean;

  @Id()
  readonly firstImageId!: number;

  @About('The image with the surest.')
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

  @About('It goes on from the one before: of a very long sequence this is a part.')
  @Flag()
  readonly continued!: boolean;

  @About('In order of time.')
  @ListOf({ type: 'integer', minimum: 1 })
  readonly imageIds!: readonly number[];
}

/** Times in microseconds since 1970. */
export function sequenceResponse({ images, continued }: Sequence<TimedImage>): SequenceResponse {
  const time = (image: TimedImage): string => new Date(image.at / 1_000).toISOString();
  return { startsAt: time(images[0]), endsAt: time(images.at(-1)!), continued, imageIds: images.map(({ id }) => id) };
}
