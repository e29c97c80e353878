import type { EventFilter, ObservationFilter } from '@pugmark/db';
import { CATEGORIES, type Category } from '@pugmark/domain';
import {
  Description,
  Instant,
  OptionalNotNull,
  OneOf,
  QueryBoolean,
  QueryFraction,
  QueryId,
  QueryInteger,
  Text,
} from '../../http/dto/fields';

/** Filters that images, events and statistics share, besides project and category. */
class ObservationFilterQuery {
  @OptionalNotNull()
  @QueryId()
  readonly deploymentId?: number;

  @Description('All deployments at this location.')
  @OptionalNotNull()
  @QueryId()
  readonly locationId?: number;

  @Description('A species or other label, exact; together with `category`, an observation that has both.')
  @OptionalNotNull()
  @Text(200)
  readonly label?: string;

  @Description('Default: the threshold of the model. Annotations have the confidence 1.')
  @OptionalNotNull()
  @QueryFraction()
  readonly minConfidence?: number;

  @Description('Images without a known time match no range.')
  @OptionalNotNull()
  @Instant()
  readonly capturedFrom?: Date;

  @Description('Exclusive.')
  @OptionalNotNull()
  @Instant()
  readonly capturedTo?: Date;

  @Description('First local hour of the day; with `hourTo` below it, the range spans midnight.')
  @OptionalNotNull()
  @QueryInteger(0, 23)
  readonly hourFrom?: number;

  @Description('Last local hour of the day, inclusive.')
  @OptionalNotNull()
  @QueryInteger(0, 23)
  readonly hourTo?: number;

  @Description('Whether a person has reviewed it.')
  @OptionalNotNull()
  @QueryBoolean()
  readonly reviewed?: boolean;
}

export class ObservedQuery extends ObservationFilterQuery implements ObservationFilter {
  @OptionalNotNull()
  @QueryId()
  readonly projectId?: number;

  @Description(
    'By effective observations: a person’s annotation, else the latest inference; `blank`: processed, without effective observations.',
  )
  @OptionalNotNull()
  @OneOf([...CATEGORIES, 'blank'])
  readonly category?: Category | 'blank';
}

/** Filters of events and of their counts: always within one project; blanks have no events. */
export class EventFilterQuery extends ObservationFilterQuery implements EventFilter {
  @QueryId()
  readonly projectId!: number;

  @OptionalNotNull()
  @OneOf(CATEGORIES)
  readonly category?: Category;
}
