import { QUEUES, type Queue, type QueueFilter, type QueueRow } from '@pugmark/db';
import { CATEGORIES, type Category } from '@pugmark/domain';
import type { JsonType } from '../../http/operation';
import {
  About,
  Count,
  Fraction,
  Id,
  Instant,
  MayBeAbsent,
  OneOf,
  OrNull,
  QueryFraction,
  QueryId,
  QueryInteger,
  Text,
  Time,
} from '../../http/dto/fields';
import { ProjectPageQuery, pageTypeOf, type Page } from '../../http/dto/paging';

export class ReviewQueueQuery extends ProjectPageQuery implements QueueFilter {
  @About(
    '`events`: visits that nobody has reviewed, the least sure first. `blanks`: where an animal may have been missed, the surest first.',
  )
  @OneOf(QUEUES)
  readonly kind: Queue = 'events';

  @MayBeAbsent()
  @QueryId()
  readonly deploymentId?: number;

  @About('Of all deployments at this location.')
  @MayBeAbsent()
  @QueryId()
  readonly locationId?: number;

  @About('Of a blank: of what the model was nearest to seeing.')
  @MayBeAbsent()
  @OneOf(CATEGORIES)
  readonly category?: Category;

  @About('Events that hold one of this label, to the letter.')
  @MayBeAbsent()
  @Text(200)
  readonly label?: string;

  @MayBeAbsent()
  @QueryFraction()
  readonly minConfidence?: number;

  @About('Of the first image of the event.')
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
}

export class QueueEntryResponse {
  @About('Null: a blank.')
  @OrNull()
  @Id()
  readonly eventId!: number | null;

  @About('The one to look at: with the surest detection.')
  @Id()
  readonly imageId!: number;

  @OrNull()
  @Id()
  readonly deploymentId!: number | null;

  @OneOf(CATEGORIES)
  readonly category!: Category;

  @About('Of the surest detection; of a blank’s below the threshold.')
  @Fraction()
  readonly confidence!: number;

  @Count()
  readonly images!: number;

  @About('The most in one image.')
  @Count()
  readonly individuals!: number;

  @About('Null: no time is known.')
  @OrNull()
  @Time()
  readonly startsAt!: string | null;

  @OrNull()
  @Time()
  readonly endsAt!: string | null;
}

export interface QueuePage extends Page<QueueEntryResponse> {
  readonly left: number;
}

const { schema: PAGE } = pageTypeOf(QueueEntryResponse);

export const QUEUE_PAGE: JsonType<QueuePage> = {
  schema: {
    ...PAGE,
    properties: {
      ...PAGE.properties,
      left: {
        type: 'integer',
        minimum: 0,
        description: 'How many pass the filters and are still to be reviewed, from the first on.',
      },
    },
    required: [...(PAGE.required ?? []), 'left'],
  },
};

export function queueEntryResponse(kind: Queue, row: QueueRow): QueueEntryResponse {
  const { id, imageId, deploymentId, category, confidence, images, individuals, startsAt, endsAt } = row;
  return {
    eventId: kind === 'events' ? id : null,
    imageId,
    deploymentId,
    category,
    confidence,
    images,
    individuals,
    startsAt: startsAt?.toISOString() ?? null,
    endsAt: endsAt?.toISOString() ?? null,
  };
}
