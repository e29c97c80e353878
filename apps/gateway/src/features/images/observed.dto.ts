import type { EventFilter, ObservedFilter } from '@pugmark/db';
import { CATEGORIES, type Category } from '@pugmark/domain';
import {
  About,
  Instant,
  MayBeAbsent,
  OneOf,
  QueryBoolean,
  QueryFraction,
  QueryId,
  QueryInteger,
  Text,
} from '../../http/dto/fields';

/** What images, events and statistics can all be narrowed down by, but for project and category. */
class ObservedChoice {
  @MayBeAbsent()
  @QueryId()
  readonly deploymentId?: number;

  @About('Of all deployments at this location.')
  @MayBeAbsent()
  @QueryId()
  readonly locationId?: number;

  @About(
    'A species, or whatever models and people call it, to the letter; with a `category`, what is called so and of it.',
  )
  @MayBeAbsent()
  @Text(200)
  readonly label?: string;

  @About('Default: the threshold of the model that found it. What people say has the confidence 1.')
  @MayBeAbsent()
  @QueryFraction()
  readonly minConfidence?: number;

  @About('Images without a known time lie in no range.')
  @MayBeAbsent()
  @Instant()
  readonly capturedFrom?: Date;

  @About('Exclusive.')
  @MayBeAbsent()
  @Instant()
  readonly capturedTo?: Date;

  @About('First local hour of the day; with `hourTo` below it, the hours reach over midnight.')
  @MayBeAbsent()
  @QueryInteger(0, 23)
  readonly hourFrom?: number;

  @About('Last local hour of the day, included.')
  @MayBeAbsent()
  @QueryInteger(0, 23)
  readonly hourTo?: number;

  @About('Whether a person has said what is on it.')
  @MayBeAbsent()
  @QueryBoolean()
  readonly reviewed?: boolean;
}

export class ObservedQuery extends ObservedChoice implements ObservedFilter {
  @MayBeAbsent()
  @QueryId()
  readonly projectId?: number;

  @About('A human’s word counts, else that of the model which looked last; `blank`: looked at, and nothing counts.')
  @MayBeAbsent()
  @OneOf([...CATEGORIES, 'blank'])
  readonly category?: Category | 'blank';
}

/** The same for events, and for what is counted of them: always of one project, and nothing was seen in a blank. */
export class EventFilterQuery extends ObservedChoice implements EventFilter {
  @QueryId()
  readonly projectId!: number;

  @MayBeAbsent()
  @OneOf(CATEGORIES)
  readonly category?: Category;
}
