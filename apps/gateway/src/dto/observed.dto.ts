import type { ObservedFilter } from '@pugmark/db';
import { CATEGORIES, type Category } from '@pugmark/domain';
import { About, Instant, MayBeAbsent, OneOf, QueryBoolean, QueryFraction, QueryId, QueryInteger, Text } from './fields';

/** What images, events and statistics can all be narrowed down by. */
export class ObservedQuery implements ObservedFilter {
  @MayBeAbsent()
  @QueryId()
  readonly projectId?: number;

  @MayBeAbsent()
  @QueryId()
  readonly deploymentId?: number;

  @About('Of all deployments at this location.')
  @MayBeAbsent()
  @QueryId()
  readonly locationId?: number;

  @About('A human’s word counts, else that of the model which looked last; `blank`: looked at, and nothing counts.')
  @MayBeAbsent()
  @OneOf([...CATEGORIES, 'blank'])
  readonly category?: Category | 'blank';

  @About('A species, or whatever models and people call it, to the letter.')
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
