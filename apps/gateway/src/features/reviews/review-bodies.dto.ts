import { CATEGORIES, MAX_OBSERVATIONS, type Category } from '@pugmark/domain';
import { About, Fraction, Id, Ids, Integer, ManyOf, Nested, OneOf, Optional, Text, Uuid } from '../../http/dto/fields';

/** How many images one request may be about. */
const MOST_IMAGES = 1_000;
const MOST_INDIVIDUALS = 100_000;

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
  @About('Absent or null: that of the taxon.')
  @Optional()
  @OneOf(CATEGORIES)
  readonly category?: Category | null;

  @About(
    'A species, or whatever it is called; absent or null: the name of the taxon, else the category, nothing more is known.',
  )
  @Optional()
  @Text(200)
  readonly label?: string | null;

  @About('A species of the project, which has its name and category.')
  @Optional()
  @Id()
  readonly taxonId?: number | null;

  @Integer(1, MOST_INDIVIDUALS)
  readonly individuals: number = 1;

  @About(
    'Where it is, in fractions of the image; absent or null: where the detection is, if one is named, else somewhere.',
  )
  @Optional()
  @Nested(BoxBody)
  readonly box?: BoxBody | null;

  @About('The detection of the image that this confirms or corrects.')
  @Optional()
  @Id()
  readonly detectionId?: number | null;
}

/** All that is on an image. */
export class SetReviewBody {
  @About('None: the image is blank.')
  @ManyOf(ReviewedObservationBody, MAX_OBSERVATIONS)
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

/** `verify`, `blank` and `withdraw` take nothing else. */
export class ReviewActionBody {
  @OneOf(ACTION_TYPES)
  readonly type!: (typeof ACTION_TYPES)[number];

  @About('`relabel`: the new category; or `taxonId`.')
  @Optional()
  @OneOf(CATEGORIES)
  readonly category?: Category | null;

  @About('`relabel`: the species of the project that it is.')
  @Optional()
  @Id()
  readonly taxonId?: number | null;

  @About('`relabel`: the new label, if not the category. `count`: what is counted, if it is not all of one kind.')
  @Optional()
  @Text(200)
  readonly label?: string | null;

  @About('`count`: how many there are.')
  @Optional()
  @Integer(1, MOST_INDIVIDUALS)
  readonly individuals?: number | null;

  @About('`relabel`, `reject`, `count`: only what rests on this detection; of one image.')
  @Optional()
  @Id()
  readonly detectionId?: number | null;

  @About(
    '`relabel`, `reject`, `count`: only what is of this category and label. With an event: what the event is of, unless it is said here.',
  )
  @Optional()
  @Nested(SelectionBody)
  readonly of?: SelectionBody | null;

  @About('`add`: what is there too.')
  @Optional()
  @Nested(ReviewedObservationBody)
  readonly observation?: ReviewedObservationBody | null;
}

export class ReviewImagesBody {
  @Id()
  readonly projectId!: number;

  @About('Of the project; this or `eventId`.')
  @Optional()
  @Ids(MOST_IMAGES)
  readonly imageIds?: readonly number[] | null;

  @About('All images of this event.')
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
