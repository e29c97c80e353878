import { REVIEW_QUEUES, type ReviewQueue, type ReviewQueueFilter, type ReviewQueueRow } from '@pugmark/db';
import { CATEGORIES, type Category } from '@pugmark/domain';
import type { JsonType } from '../../http/operation';
import {
  Description,
  Count,
  Fraction,
  Id,
  Instant,
  OptionalNotNull,
  OneOf,
  OrNull,
  QueryFraction,
  QueryId,
  QueryInteger,
  Text,
  Time,
} from '../../http/dto/fields';
import { ProjectPageQuery, pageTypeOf, type Page } from '../../http/dto/paging';

export class ReviewQueueQuery extends ProjectPageQuery implements ReviewQueueFilter {
  @Description(
    '`events`: unreviewed visits, by ascending confidence. `blanks`: images where an animal may have been missed, by descending confidence.',
  )
  @OneOf(REVIEW_QUEUES)
  readonly kind: ReviewQueue = 'events';

  @OptionalNotNull()
  @QueryId()
  readonly deploymentId?: number;

  @Description('All deployments at this location.')
  @OptionalNotNull()
  @QueryId()
  readonly locationId?: number;

  @Description('For blanks: the category of the best detection below the threshold.')
  @OptionalNotNull()
  @OneOf(CATEGORIES)
  readonly category?: Category;

  @Description('Events with this label, exact.')
  @OptionalNotNull()
  @Text(200)
  readonly label?: string;

  @OptionalNotNull()
  @QueryFraction()
  readonly minConfidence?: number;

  @Description('By the first image of the event.')
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
}

export class QueueEntryResponse {
  @Description('Null for a blank.')
  @OrNull()
  @Id()
  readonly eventId!: number | null;

  @Description('The image to review: the one with the highest confidence.')
  @Id()
  readonly imageId!: number;

  @OrNull()
  @Id()
  readonly deploymentId!: number | null;

  @OneOf(CATEGORIES)
  readonly category!: Category;

  @Description('Of the best detection; for a blank of the best one below the threshold.')
  @Fraction()
  readonly confidence!: number;

  @Count()
  readonly images!: number;

  @Description('The maximum in one image.')
  @Count()
  readonly individuals!: number;

  @Description('Null: no time is known.')
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
        description: 'How many match the filters and are still to be reviewed, counted from the first on.',
      },
    },
    required: [...(PAGE.required ?? []), 'left'],
  },
};

export function queueEntryResponse(kind: ReviewQueue, row: ReviewQueueRow): QueueEntryResponse {
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
