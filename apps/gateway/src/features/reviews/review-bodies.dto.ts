import { CATEGORIES, MAX_OBSERVATIONS, type Category } from '@pugmark/domain';
import {
  Description,
  Fraction,
  Id,
  Ids,
  Integer,
  ListOfNested,
  Nested,
  OneOf,
  Optional,
  Text,
  Uuid,
} from '../../http/dto/fields';

/** Maximum number of images per request. */
const MAX_IMAGES = 1_000;
const MAX_INDIVIDUALS = 100_000;

const ACTION_TYPES = ['verify', 'blank', 'relabel', 'reject', 'add', 'count', 'withdraw'] as const;

export class BoxBody {
  @Fraction()
  readonly x!: number;

  @Fraction()
  readonly y!: number;

  @Fraction()
  readonly width!: number;

  @Fraction()
  readonly height!: number;
}

export class ReviewedObservationBody {
  @Description('Absent or null: the category of the taxon.')
  @Optional()
  @OneOf(CATEGORIES)
  readonly category?: Category | null;

  @Description('A species or other label; absent or null: the name of the taxon, else the category alone.')
  @Optional()
  @Text(200)
  readonly label?: string | null;

  @Description('A taxon of the project, which gives name and category.')
  @Optional()
  @Id()
  readonly taxonId?: number | null;

  @Integer(1, MAX_INDIVIDUALS)
  readonly individuals: number = 1;

  @Description('Box in fractions of the image; absent or null: the box of the named detection, else unknown.')
  @Optional()
  @Nested(BoxBody)
  readonly box?: BoxBody | null;

  @Description('The detection of the image that this confirms or corrects.')
  @Optional()
  @Id()
  readonly detectionId?: number | null;
}

/** Everything that is on an image. */
export class SetReviewBody {
  @Description('Empty: the image is blank.')
  @ListOfNested(ReviewedObservationBody, MAX_OBSERVATIONS)
  readonly observations!: readonly ReviewedObservationBody[];

  @Optional()
  @Text(1_000)
  readonly note?: string | null;
}

export class SelectionBody {
  @Optional()
  @OneOf(CATEGORIES)
  readonly category?: Category | null;

  @Optional()
  @Text(200)
  readonly label?: string | null;
}

/** `verify`, `blank` and `withdraw` take no other fields. */
export class ReviewActionBody {
  @OneOf(ACTION_TYPES)
  readonly type!: (typeof ACTION_TYPES)[number];

  @Description('`relabel`: the new category; or `taxonId`.')
  @Optional()
  @OneOf(CATEGORIES)
  readonly category?: Category | null;

  @Description('`relabel`: the taxon of the project.')
  @Optional()
  @Id()
  readonly taxonId?: number | null;

  @Description(
    '`relabel`: the new label, unless it equals the category. `count`: what is counted, if there is more than one kind.',
  )
  @Optional()
  @Text(200)
  readonly label?: string | null;

  @Description('`count`: the number of individuals.')
  @Optional()
  @Integer(1, MAX_INDIVIDUALS)
  readonly individuals?: number | null;

  @Description('`relabel`, `reject`, `count`: only the observation of this detection; for one image.')
  @Optional()
  @Id()
  readonly detectionId?: number | null;

  @Description(
    '`relabel`, `reject`, `count`: only observations of this category and label. With an event: default is the kind of the event.',
  )
  @Optional()
  @Nested(SelectionBody)
  readonly of?: SelectionBody | null;

  @Description('`add`: the observation to add.')
  @Optional()
  @Nested(ReviewedObservationBody)
  readonly observation?: ReviewedObservationBody | null;
}

export class ReviewImagesBody {
  @Id()
  readonly projectId!: number;

  @Description('Images of the project; either this or `eventId`.')
  @Optional()
  @Ids(MAX_IMAGES)
  readonly imageIds?: readonly number[] | null;

  @Description('All images of this event.')
  @Optional()
  @Id()
  readonly eventId?: number | null;

  @Nested(ReviewActionBody)
  readonly action!: ReviewActionBody;

  @Optional()
  @Text(1_000)
  readonly note?: string | null;
}

export class UndoBatchBody {
  @Id()
  readonly projectId!: number;

  @Uuid()
  readonly batchId!: string;
}
